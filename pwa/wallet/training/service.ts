/** What training asks of the service, and what it hears. */
import { call, callText, type Result } from "../../shared/api";
import type { Fen } from "../../shared/money";

export interface Meeting {
  starts_at: string;
  ends_at: string;
}

export interface Session {
  session_id: string;
  title: string;
  organiser: string;
  site: string;
  address: string;
  enrol_from: string;
  enrol_until: string;
  meetings: Meeting[];
  seats: number;
  free: number;
  waiting: number;
  attendance_rate_bp: number;
  attendance_basis: string;
  subsidy_fen: Fen;
}

export interface SessionSeen extends Session {
  usable: boolean;
  reason: string | null;
  reason_text: string | null;
  next_step: string | null;
  enrolment_id: string | null;
}

export interface Enrolment {
  id: string;
  session_id: string;
  state: string;
  place: number | null;
}

export interface OwnEnrolment extends Enrolment {
  session: Session;
  attendance: (Meeting & { came_at: string | null; left_at: string | null })[];
}

export function sessionsOf(token: string): Promise<Result<{ items: SessionSeen[] }>> {
  return call("/training/sessions?rows=100", { token });
}

export function enrolmentsOf(token: string): Promise<Result<{ items: OwnEnrolment[] }>> {
  return call("/training/enrolments?rows=100", { token });
}

export function enrol(
  token: string,
  asked: { id: string; session_id: string },
): Promise<Result<Enrolment>> {
  return call("/training/enrolments", { method: "POST", token, body: asked });
}

export function withdraw(token: string, id: string): Promise<Result<Enrolment>> {
  return call(`/training/enrolments/${encodeURIComponent(id)}`, { method: "DELETE", token });
}

export function calendarOf(token: string, id: string): Promise<Result<string>> {
  const path = `/training/enrolments/${encodeURIComponent(id)}/calendar.ics`;
  return callText(path, "text/calendar", token);
}
