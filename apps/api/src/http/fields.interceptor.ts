import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { ANSWER_SCHEMA } from './answers.js';
import { fieldsOf, picked, shownSchema, type AnswerSchema } from './fields.js';
import { asFields, forServer } from './json-text.js';

const isList = (answer: unknown): answer is { items: unknown[] } =>
  typeof answer === 'object' && answer !== null && 'items' in answer && Array.isArray(answer.items);

/** `fields=id,name`: of an answer only what the caller wants; of a list, of each item. */
@Injectable()
export class FieldsInterceptor implements NestInterceptor {
  constructor(@Inject(Reflector) private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { method, query } = context.switchToHttp().getRequest<FastifyRequest<{ Querystring: { fields?: unknown } }>>();
    const schema = this.reflector.get<AnswerSchema | undefined>(ANSWER_SCHEMA, context.getHandler());
    if (method !== 'GET' || schema === undefined) return next.handle();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    if (query.fields === undefined) return next.handle().pipe(map((answer: unknown) => forServer(answer, reply)));
    const tree = fieldsOf(query.fields, shownSchema(schema));
    // The route has parameters of its own, and refuses what it does not know.
    delete query.fields;
    return next.handle().pipe(
      map((written: unknown) => {
        const answer = asFields(written);
        return isList(answer) ? { ...answer, items: answer.items.map((item) => picked(item, tree)) } : picked(answer, tree);
      }),
    );
  }
}
