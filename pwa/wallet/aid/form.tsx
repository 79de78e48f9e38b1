/** The parts of a claim that a member fills in: its papers' facts, and the papers themselves. */
import { useEffect, useRef } from "preact/hooks";
import { t } from "../../shared/i18n";
import { Chip, Field, Refusal } from "../../shared/ui";
import {
  addLine,
  type Draft,
  type DraftLine,
  type DraftPaper,
  mayAddLine,
  removeLine,
  setLine,
} from "./draft";
import {
  mayRetry,
  removePaper,
  sendPaper,
  sendWaiting,
  takePapers,
  uploads,
} from "./papers";
import type { Faults } from "./refused";
import type { PaperKind, StoredPaper } from "./service";

export function Lines({ name, draft, faults }: { name: string; draft: Draft; faults: Faults }) {
  return (
    <>
      {draft.lines.map((_, at) => (
        // A line has no id before it is handed in; its place is its name.
        <Line key={at} name={name} draft={draft} at={at} faults={faults} />
      ))}
      {mayAddLine(draft) ? (
        <button type="button" class="plain" onClick={() => addLine(name)}>
          {t("aid_line_add")}
        </button>
      ) : null}
    </>
  );
}

interface LineProps {
  name: string;
  draft: Draft;
  at: number;
  faults: Faults;
}

function Line({ name, draft, at, faults }: LineProps) {
  const line = draft.lines[at];
  if (line === undefined) return null;
  const of = (field: keyof DraftLine) => ({
    name: `lines.${at}.${field}`,
    error: faults[`lines.${at}.${field}`],
    value: line[field],
    autocomplete: "off",
    maxLength: field === "hospital" ? 100 : 60,
    onInput: (event: { currentTarget: HTMLInputElement }) =>
      setLine(name, at, { [field]: event.currentTarget.value }),
  });
  return (
    <fieldset class="group">
      <legend>{t("aid_paper_number", { number: at + 1 })}</legend>
      <Field {...of("invoice_no")} label={t("aid_invoice_no")} />
      <Field {...of("hospital")} label={t("aid_hospital")} />
      <Field
        {...of("admission_no")}
        label={t("aid_admission_no")}
        hint={t("aid_admission_hint")}
      />
      <Field
        {...of("pool_paid_fen")}
        label={t("aid_pool_paid")}
        hint={t("aid_pool_paid_hint")}
        inputMode="decimal"
      />
      <Field
        {...of("self_paid_fen")}
        label={t("aid_self_paid")}
        hint={t("aid_self_paid_hint")}
        inputMode="decimal"
      />
      <Field {...of("days")} label={t("aid_days")} inputMode="numeric" />
      {draft.lines.length === 1 ? null : (
        <button type="button" class="plain" onClick={() => removeLine(name, at)}>
          {t("aid_line_remove", { number: at + 1 })}
        </button>
      )}
    </fieldset>
  );
}

/** The checklist: each kind of paper, whether it is there, and the two ways to add one. */
export function Papers({
  token,
  name,
  draft,
  kinds,
  stored = [],
  asked = [],
}: {
  token: string;
  name: string;
  draft: Draft;
  kinds: PaperKind[];
  /** What the claim has already. */
  stored?: StoredPaper[];
  /** Kinds that the union asked for when it returned the claim. */
  asked?: string[];
}) {
  // What a closed page left unsent goes out when the page is opened again.
  useEffect(() => void sendWaiting(token, name), [token, name]);
  return (
    <ul class="plain-list papers">
      {kinds.map(({ kind, title }) => {
        const own = draft.papers.filter((paper) => paper.kind === kind);
        const isThere = own.some(({ document_id }) => document_id !== null);
        const isStored = stored.some((paper) => paper.kind === kind);
        const isAsked = asked.includes(kind) && !isThere;
        return (
          <li key={kind}>
            <p class="paper-head">
              <strong>{title}</strong>
              {isAsked ? (
                <Chip kind="no">{t("aid_paper_asked")}</Chip>
              ) : isThere || isStored ? (
                <Chip kind="yes">{t("aid_paper_there")}</Chip>
              ) : (
                <Chip kind="wait">{t("aid_paper_missing")}</Chip>
              )}
            </p>
            {own.map((paper) => (
              <PaperRow key={paper.key} token={token} name={name} paper={paper} />
            ))}
            <div class="row">
              <Pick
                id={`photo-${kind}`}
                label={t("aid_photograph", { paper: title })}
                accept="image/*"
                isCamera
                onFiles={(files) => void takePapers(token, name, kind, files)}
              />
              <Pick
                id={`file-${kind}`}
                label={t("aid_choose_file", { paper: title })}
                accept="image/*,application/pdf"
                onFiles={(files) => void takePapers(token, name, kind, files)}
              />
            </div>
          </li>
        );
      })}
    </ul>
  );
}

function Pick({
  id,
  label,
  accept,
  isCamera = false,
  onFiles,
}: {
  id: string;
  label: string;
  accept: string;
  isCamera?: boolean;
  onFiles: (files: File[]) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <div class="pick">
      <input
        ref={input}
        id={id}
        type="file"
        accept={accept}
        multiple={!isCamera}
        {...(isCamera ? { capture: "environment" as const } : {})}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          // So that the same file can be chosen again after it was removed.
          event.currentTarget.value = "";
          onFiles(files);
        }}
      />
      <label for={id} class="button plain">
        {label}
      </label>
    </div>
  );
}

function PaperRow({ token, name, paper }: { token: string; name: string; paper: DraftPaper }) {
  const upload = uploads.value[paper.key];
  const percent = Math.round((upload?.share ?? 0) * 100);
  const problem = upload?.problem ?? null;
  return (
    <div class="paper-row">
      <span class="paper-name">{paper.name}</span>
      {paper.document_id !== null ? (
        <span class="quiet">{t("aid_paper_sent")}</span>
      ) : problem === null ? (
        <span role="status">
          <progress max={100} value={percent} aria-label={t("aid_paper_sending")} />{" "}
          {t("aid_paper_share", { share: `${percent} %` })}
        </span>
      ) : (
        <div class="field-error" role="alert">
          <Refusal problem={problem} />
        </div>
      )}
      <div class="row">
        {upload !== undefined && mayRetry(upload) ? (
          <button type="button" class="plain" onClick={() => void sendPaper(token, name, paper)}>
            {t("aid_paper_again")}
          </button>
        ) : null}
        {paper.document_id !== null || problem !== null ? (
          <button type="button" class="plain" onClick={() => removePaper(name, paper.key)}>
            {t("aid_paper_remove", { paper: paper.name })}
          </button>
        ) : null}
      </div>
    </div>
  );
}
