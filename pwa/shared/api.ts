import { hearTime } from "./clock";
import { language, t } from "./i18n";
import { type Fen, yuan } from "./money";

/** A refusal as the service states it (RFC 9457). `code` is for us, `title` is for the person. */
export interface Problem {
  status: number;
  code: string;
  title: string;
  facts: Record<string, unknown>;
  /** With 422: what is wrong, by field. */
  errors?: Record<string, unknown>;
}

export type Refused = { ok: false; problem: Problem };
export type Result<T> = { ok: true; value: T } | Refused;

export interface Call {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: object;
  token?: string;
  /** How long to wait for an answer; the usual time where nobody stands waiting. */
  withinMs?: number;
}

interface Heard {
  response: Response;
  text: string;
}

const ANSWER_MS_MAX = 8_000;
const FILE_MS_MAX = 60_000;
// Answers that judge nothing: what was asked may or may not have been done.
const UNJUDGED = new Set([0, 408, 429]);
const SERVER_ERRORS = 500;

/** Ask for JSON. Never throws: being refused, or hearing nothing, is an answer too. */
export async function call<T>(path: string, asked: Call = {}): Promise<Result<T>> {
  const heard = await ask(path, "application/json", asked);
  if (!heard.ok) return heard;
  const { response, text } = heard.value;
  if (!response.ok) return refusal(response, text);
  if (text === "") return { ok: true, value: undefined as T };
  const json = parsed(text);
  if (json === null) return notOurs();
  hearTime(response.headers.get("Date"));
  return { ok: true, value: json as T };
}

/** Ask for a file, as text. */
export async function callText(
  path: string,
  accept: string,
  token: string,
): Promise<Result<string>> {
  const heard = await ask(path, accept, { token });
  if (!heard.ok) return heard;
  const { response, text } = heard.value;
  if (!response.ok) return refusal(response, text);
  if (!response.headers.get("Content-Type")?.startsWith(accept)) return notOurs();
  return { ok: true, value: text };
}

/** Fetch a file and hand it to the browser to be saved. */
export async function saveFile(
  path: string,
  filename: string,
  token: string,
): Promise<Result<null>> {
  try {
    const response = await fetch(`/api/v1${path}`, {
      headers: { "Accept-Language": language, Authorization: `Bearer ${token}` },
      cache: "no-store",
      signal: AbortSignal.timeout(FILE_MS_MAX),
    });
    if (!response.ok) return refusal(response, await response.text());
    const address = URL.createObjectURL(await response.blob());
    const link = document.createElement("a");
    link.href = address;
    link.download = filename;
    link.click();
    URL.revokeObjectURL(address);
    return { ok: true, value: null };
  } catch {
    return noAnswer();
  }
}

/** What an answer that did not come by `fetch` says: an upload's, which tells how far it is. */
export function answerOf<T>(response: Pick<Response, "ok" | "status" | "headers">, text: string) {
  if (!response.ok) return refusal(response, text);
  const json = parsed(text);
  return json === null ? notOurs() : ({ ok: true, value: json as T } satisfies Result<T>);
}

/** Nobody answered: what was asked may or may not have been done. */
export function noAnswer(): Refused {
  return refused(0, "no_answer", t("no_answer"));
}

/** Read one of the public lists; null where the service cannot be heard or has none. */
export async function callList(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    const response = await fetch(`/api/v1${path}`, {
      // Asked each time, answered with the whole list only where it changed.
      cache: "no-cache",
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
  } catch {
    return null;
  }
}

async function ask(path: string, accept: string, asked: Call): Promise<Result<Heard>> {
  const { method = "GET", body, token, withinMs = ANSWER_MS_MAX } = asked;
  const headers: Record<string, string> = { Accept: accept, "Accept-Language": language };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token !== undefined) headers["Authorization"] = `Bearer ${token}`;
  try {
    const response = await fetch(`/api/v1${path}`, {
      method,
      headers,
      cache: "no-store",
      signal: AbortSignal.timeout(withinMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { ok: true, value: { response, text: await response.text() } };
  } catch {
    return noAnswer();
  }
}

function refusal(
  response: Pick<Response, "status" | "headers">,
  text: string,
): Refused {
  const said = parsed(text) as Partial<Problem> | null;
  if (said === null || typeof said.code !== "string" || typeof said.title !== "string") {
    return response.status >= SERVER_ERRORS
      ? refused(response.status, "unexplained", t("unexplained"))
      : notOurs();
  }
  hearTime(response.headers.get("Date"));
  const { ok, problem } = refused(response.status, said.code, said.title, said.facts);
  return { ok, problem: said.errors === undefined ? problem : { ...problem, errors: said.errors } };
}

/** A sign-in page of the café's network, say: whoever answered, it was not our service. */
function notOurs(): Refused {
  return refused(0, "not_our_answer", t("not_our_answer"));
}

function refused(
  status: number,
  code: string,
  title: string,
  facts: Record<string, unknown> = {},
): Refused {
  return { ok: false, problem: { status, code, title, facts } };
}

function parsed(text: string): object | null {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" ? json : null;
  } catch {
    return null;
  }
}

/** Whether it is still open if the request was carried out: send the same id again. */
export function leavesOpen({ status }: Problem): boolean {
  return UNJUDGED.has(status) || status >= SERVER_ERRORS;
}

/** What would change the answer, where the service says it. */
export function nextStepOf({ facts }: Problem): string | null {
  if (typeof facts["next_step"] === "string") return facts["next_step"];
  if (typeof facts["threshold_fen"] === "number") {
    return t("counts_from", { amount: yuan(facts["threshold_fen"] as Fen) });
  }
  return null;
}
