import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { nextStepOf, type Problem } from "./api";
import { t } from "./i18n";
import { type Fen, yuan } from "./money";

export type Kind = "yes" | "wait" | "no";

const MARKS: Record<Kind, string> = { yes: "✓", wait: "!", no: "✕" };

/** A state: icon and word, so that no meaning hangs on colour alone. */
export function Chip({ kind, children }: { kind: Kind | ""; children: ComponentChildren }) {
  return (
    <span class={`chip ${kind}`}>
      <span aria-hidden="true">{kind === "" ? "–" : MARKS[kind]}</span> {children}
    </span>
  );
}

export function Mark({ kind }: { kind: Kind }) {
  return (
    <span class="mark" aria-hidden="true">
      {MARKS[kind]}
    </span>
  );
}

let firstScreenShown = false;

/** A screen's heading. It takes the focus, so that whoever cannot see the change hears it. */
export function Heading({ children }: { children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    // Not when the page has just been opened: its title is read out then.
    if (firstScreenShown) heading.current?.focus();
    firstScreenShown = true;
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}

/** A button that sends: out of reach and visibly busy until there is an answer. */
export function SendButton({
  busy,
  disabled = false,
  children,
  ...rest
}: { busy: boolean; disabled?: boolean } & JSX.IntrinsicElements["button"]) {
  return (
    <button {...rest} disabled={busy || disabled} aria-busy={busy}>
      {busy ? <span class="spinner" aria-hidden="true" /> : null}
      {children}
    </button>
  );
}

/** Why something was not done, in one sentence, and what can be done about it. */
export function ProblemNote({
  problem,
  kind = "no",
  children,
}: {
  problem: Problem;
  kind?: Kind;
  children?: ComponentChildren;
}) {
  const note = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => note.current?.focus(), [problem]);
  return (
    <div class={`notice ${kind}`} role="alert" tabIndex={-1} ref={note}>
      <span aria-hidden="true">{MARKS[kind]}</span>
      <div>
        <Refusal problem={problem} />
        {children}
      </div>
    </div>
  );
}

/** The sentence of a refusal, and under it the next step where there is one. */
export function Refusal({ problem }: { problem: Problem }) {
  const next = nextStepOf(problem);
  return (
    <>
      <p>{problem.title}</p>
      {next === null ? null : <p>{next}</p>}
    </>
  );
}

export function Note({ kind, children }: { kind: Kind; children: ComponentChildren }) {
  return (
    <div class={`notice ${kind}`} role="status">
      <span aria-hidden="true">{MARKS[kind]}</span>
      <div>{children}</div>
    </div>
  );
}

/** A label, its input, a hint beneath, and what was refused about it. */
export function Field({
  name,
  label,
  hint,
  error,
  ...input
}: {
  name: string;
  label: string;
  hint?: string;
  error?: string | undefined;
} & JSX.IntrinsicElements["input"]) {
  const notes = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <input
        id={name}
        name={name}
        {...input}
        {...(notes === "" ? {} : { "aria-describedby": notes })}
        {...(error === undefined ? {} : { "aria-invalid": true })}
      />
      {error === undefined ? null : (
        <span class="field-error" id={`${name}-error`}>
          <span aria-hidden="true">✕</span> {error}
        </span>
      )}
      {hint === undefined ? null : (
        <span class="hint" id={`${name}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}

export function Money({ fen }: { fen: Fen }) {
  const sign = fen < 0 ? "-" : "";
  return <span class="money">{`${sign}¥${yuan(Math.abs(fen) as Fen)}`}</span>;
}

/** Who bears what of a bill: never an amount without who pays it. */
export function Split({ parts }: { parts: { label: string; fen: Fen }[] }) {
  return (
    <dl class="split">
      {parts.map(({ label, fen }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            <Money fen={fen} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function Waiting({ children }: { children: ComponentChildren }) {
  return (
    <p class="waiting" role="status" aria-busy="true">
      <span class="spinner" aria-hidden="true" /> {children}
    </p>
  );
}

/** A question before something that cannot be taken back; Escape and "no" leave all as it is. */
export function Ask({
  question,
  children,
  no,
  onClose,
}: {
  question: string;
  children: ComponentChildren;
  no?: string;
  onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby="question" onClose={onClose}>
      <h2 id="question">{question}</h2>
      {children}
      <button type="button" class="plain" onClick={() => dialog.current?.close()}>
        {no ?? t("leave_as_it_is")}
      </button>
    </dialog>
  );
}
