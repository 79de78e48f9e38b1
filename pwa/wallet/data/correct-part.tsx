import { useEffect } from "preact/hooks";
import { dayAndTimeOf } from "../../shared/clock";
import { typed } from "../../shared/forms";
import { t } from "../../shared/i18n";
import { Chip, type Kind, SendButton } from "../../shared/ui";
import { AreaField } from "../area-field";
import { changeCorrections, corrections, loadCorrections, working } from "./data";
import { askCorrection, type Correction } from "./service";

const FIELDS: Record<string, () => string> = {
  name: () => t("data_name"),
  document: () => t("data_document"),
  phone: () => t("data_phone"),
  other: () => t("data_field_other"),
};
const SIGN_IN = () => t("data_field_sign_in");

const STATES: Record<string, { kind: Kind; word: () => string }> = {
  open: { kind: "wait", word: () => t("data_correct_open") },
  done: { kind: "yes", word: () => t("data_correct_done") },
  rejected: { kind: "no", word: () => t("data_correct_rejected") },
};

export function CorrectPart({ token }: { token: string }) {
  useEffect(() => void loadCorrections(token), [token]);
  return (
    <>
      <p>{t("data_correct_what")}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          const body = { field: typed(form, "field"), text: typed(form, "text") };
          void changeCorrections(token, () => askCorrection(token, body)).then((done) => {
            if (done) form.reset();
          });
        }}
      >
        <fieldset class="field">
          <legend>{t("data_correct_field")}</legend>
          {Object.entries(FIELDS).map(([field, word]) => (
            <label key={field} class="tick">
              <input type="radio" name="field" value={field} required />
              <span>{word()}</span>
            </label>
          ))}
        </fieldset>
        <AreaField name="text" label={t("data_correct_text")} maxLength={500} required />
        <SendButton busy={working.value}>{t("data_correct_ask")}</SendButton>
      </form>
      <ol class="timeline">
        {corrections.value?.map((each) => (
          <Asked key={each.id} line={each} />
        ))}
      </ol>
    </>
  );
}

function Asked({ line }: { line: Correction }) {
  const state = STATES[line.state];
  return (
    <li>
      <p class="quiet">
        <time dateTime={line.asked_at}>{dayAndTimeOf(line.asked_at)}</time>
      </p>
      <h2>{(FIELDS[line.field] ?? SIGN_IN)()}</h2>
      {line.text === null ? null : <p>{line.text}</p>}
      {state === undefined ? null : (
        <p>
          <Chip kind={state.kind}>{state.word()}</Chip>
        </p>
      )}
      {line.answer === null ? null : <p>{t("data_answer", { answer: line.answer })}</p>}
    </li>
  );
}
