import { Controller, Get, Header, Param } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../access/access.decorators.js';
import { problem, PROBLEMS, type ProblemSlug } from '../http/problem.js';

const isSlug = (slug: string): slug is ProblemSlug => Object.hasOwn(PROBLEMS, slug);

/** The pages behind the `type` of every error. */
@ApiExcludeController()
@Public()
@Controller('problems')
export class ProblemsController {
  @Get(':slug')
  @Header('content-type', 'text/html; charset=utf-8')
  page(@Param('slug') slug: string): string {
    if (!isSlug(slug)) throw problem('not-found');
    const { title, status, help } = PROBLEMS[slug];
    return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>HTTP status ${String(status)}.</p><p>${help}</p></html>\n`;
  }
}
