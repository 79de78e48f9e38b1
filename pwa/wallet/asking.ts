import type { Result } from "../shared/api";
import { isIn, leave } from "./session";

const UNAUTHORIZED = 401;

/**
 * Wait for an answer as the member of `token`. Null where it is wanted no more: they left
 * meanwhile, or the service no longer knows their sign-in, and the page is back at its door.
 */
export async function heardAs<T>(
  token: string,
  asked: Promise<Result<T>>,
): Promise<Result<T> | null> {
  const result = await asked;
  if (!isIn(token)) return null;
  if (!result.ok && result.problem.status === UNAUTHORIZED) {
    await leave(result.problem);
    return null;
  }
  return result;
}
