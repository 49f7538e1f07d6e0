/** An answer other than 200, with the body the API publishes for it. */
export class ApiError extends Error {
  constructor(
    readonly status: 400 | 401 | 403 | 404 | 429,
    readonly body: Readonly<Record<string, string>>,
  ) {
    super(Object.values(body).join(' '));
  }
}

export const badRequest = (detail: string): ApiError => new ApiError(400, { detail });
export const unauthorized = (): ApiError => new ApiError(401, { detail: 'Authentication credentials were not provided.' });
export const forbidden = (): ApiError => new ApiError(403, { detail: 'You do not have permission to perform this action.' });
export const notFound = (id: string): ApiError => new ApiError(404, { id });
export const tooManyRequests = (limit: number): ApiError =>
  new ApiError(429, {
    detail: `Too Many Request. The API Token used for the request reached the ${limit} API Calls per hour threshold`,
  });
