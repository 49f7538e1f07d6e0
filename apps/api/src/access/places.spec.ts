import { ProblemException } from '../http/problem.js';
import { Places } from './places.js';

const refusal = (begin: () => unknown): string => {
  try {
    begin();
  } catch (error) {
    if (error instanceof ProblemException) return `${error.slug}: ${String(error.details.detail)}`;
    throw error;
  }
  return 'none';
};

it('keeps one caller and all callers within their limits, and gives a place back once', () => {
  const places = new Places({ most: 2, each: 1, what: 'exports', retryAfterS: 15 });
  const end = places.begin('a');
  expect(refusal(() => places.begin('a'))).toContain('rate-limited: You have 1 of 1 exports running');
  places.begin('b');
  expect(refusal(() => places.begin('c'))).toContain('2 exports are running');
  end();
  end();
  places.begin('c');
  expect(refusal(() => places.begin('a'))).toContain('2 exports are running');
});
