import createFetchClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './generated/schema.js';

/** What every error of the API is (RFC 9457). */
export type Problem = components['schemas']['Problem'];

/** One method per HTTP method; paths, parameters, bodies and answers are those of the OpenAPI document. */
export type ApiClient = Client<paths>;

export interface ClientOptions {
  /** Where the API listens: `https://mistwatch.example.com`. */
  readonly baseUrl: string;
  /** An API key: `mw_...`. */
  readonly key: string;
}

/** A typed caller of the API. A call answers `{ data }` or, without throwing, `{ error }`. */
export const createClient = ({ baseUrl, key }: ClientOptions): ApiClient =>
  createFetchClient<paths>({ baseUrl, headers: { authorization: `Bearer ${key}` } });
