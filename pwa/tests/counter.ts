/** A service that can be told to fail, over real sockets: it keeps each sale by its id, once. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** How an exchange fails. After the first three, what was asked has been done. */
export const FAULTS = [
  "never answered",
  "reset",
  "a page of the café's network",
  "done and never answered",
  "done and reset",
  "done and dropped halfway",
  "done and broken",
] as const;

export type Fault = (typeof FAULTS)[number];

export interface Asked {
  path: string;
  body: Record<string, unknown>;
}

export class Counter {
  readonly asked: Asked[] = [];
  readonly sales = new Map<string, object>();
  /** The faults of the next exchanges; without any, all is well. */
  faults: Fault[] = [];
  /** How far its clock is from this machine's. */
  aheadMs = 0;
  /** Quotes of these amounts wait until told. */
  readonly held = new Map<number, Promise<void>>();
  private readonly http = createServer((request, response) => void this.answer(request, response));

  async open(): Promise<string> {
    await new Promise<void>((done) => this.http.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  close(): void {
    this.http.closeAllConnections();
    this.http.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse((await text(request)) || "{}") as Record<string, unknown>;
    const path = (request.url ?? "").replace("/api/v1", "");
    this.asked.push({ path, body });
    const fault = this.faults.shift();
    response.sendDate = false;
    response.setHeader("Date", new Date(Date.now() + this.aheadMs).toUTCString());
    switch (fault) {
      case "never answered":
        return;
      case "reset":
        request.socket.resetAndDestroy();
        return;
      case "a page of the café's network":
        response.setHeader("Content-Type", "text/html").end("<h1>Welcome</h1>");
        return;
    }
    const said = JSON.stringify(await this.done(path, body));
    switch (fault) {
      case "done and never answered":
        return;
      case "done and reset":
        request.socket.resetAndDestroy();
        return;
      case "done and broken":
        response.writeHead(502).end("<h1>Bad gateway</h1>");
        return;
      case "done and dropped halfway":
        response.setHeader("Content-Length", said.length);
        response.write(said.slice(0, said.length / 2), () => request.socket.destroy());
        return;
    }
    response.setHeader("Content-Type", "application/json").end(said);
  }

  private async done(path: string, body: Record<string, unknown>): Promise<object> {
    const gross = body["gross_fen"] as number;
    const parts = {
      gross_fen: gross,
      member_pays_fen: gross - 500,
      merchant_bears_fen: 0,
      union_pays_fen: 500,
    };
    switch (path) {
      case "/verifications":
        return { verification_id: body["id"], accepted: false, reason: "stale", offers: [] };
      case "/quotes":
        await this.held.get(gross);
        return parts;
      case "/redemptions": {
        const id = body["id"] as string;
        const sale = this.sales.get(id) ?? { ...parts, id, receipt_no: `T-${this.sales.size + 1}` };
        this.sales.set(id, sale);
        return sale;
      }
      default:
        throw new Error(`nobody asks ${path}`);
    }
  }
}
