import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Matches, MaxLength, MinLength, ValidateBy } from 'class-validator';
import { problem, type FieldError } from './problem.js';
import { faultOfTime } from './times.js';

function flatten(errors: readonly ValidationError[], path: string): FieldError[] {
  return errors.flatMap((error) => {
    const field = path === '' ? error.property : `${path}.${error.property}`;
    const own = Object.values(error.constraints ?? {}).map((message) => ({ field, message }));
    return [...own, ...flatten(error.children ?? [], field)];
  });
}

/** Checks queries and bodies; the answer lists every field that is wrong, unknown ones too. */
export const validationPipe = (): ValidationPipe =>
  new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    exceptionFactory: (errors) => problem('invalid-request', { errors: flatten(errors, '') }),
  });

/** A short text without control characters. */
export const IsPlainText = (maxLength = 200) =>
  applyDecorators(
    IsString(),
    MinLength(1),
    MaxLength(maxLength),
    Matches(/^[^\p{Cc}\p{Cs}]*$/u, { message: '$property must not contain control characters' }),
  );

/** An RFC 3339 time. Checked with the other fields, so that an answer names all that are wrong. */
const IsTime = () =>
  ValidateBy({
    name: 'isTime',
    validator: {
      validate: (value) => typeof value === 'string' && faultOfTime('', value) === null,
      defaultMessage: (given) => faultOfTime(given?.property ?? '', String(given?.value)) ?? '',
    },
  });

/** A time that may be left out; `description` says what counts then. */
export const OptionalTime = (description: string): PropertyDecorator =>
  applyDecorators(ApiPropertyOptional({ description, type: String }), IsOptional(), IsTime());
