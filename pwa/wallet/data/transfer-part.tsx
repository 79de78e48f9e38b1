import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { dayAndTimeOf } from "../../shared/clock";
import { typed } from "../../shared/forms";
import { t } from "../../shared/i18n";
import { Chip, Field, type Kind, SendButton, Waiting } from "../../shared/ui";
import { AreaField } from "../area-field";
import { heardAs } from "../asking";
import { changeTransfers, loadOwn, loadTransfers, own, problem, transfers, working } from "./data";
import { askTransfer, takeTransferBack, type Transfer, type Union, unionsNamed } from "./service";

const STATES: Record<string, { kind: Kind | ""; word: () => string }> = {
  requested: { kind: "wait", word: () => t("data_transfer_requested") },
  escalated: { kind: "wait", word: () => t("data_transfer_escalated") },
  accepted: { kind: "yes", word: () => t("data_transfer_accepted") },
  refused: { kind: "no", word: () => t("data_transfer_refused") },
  withdrawn: { kind: "", word: () => t("data_transfer_withdrawn") },
};
const OPEN = new Set(["requested", "escalated"]);

export function TransferPart({ token }: { token: string }) {
  useEffect(() => {
    void loadTransfers(token).then(() => {
      if (own.value === null) void loadOwn(token);
    });
  }, [token]);
  const lines = transfers.value;
  if (lines === null) return <Waiting>{t("data_loading")}</Waiting>;
  const isOpen = lines.some((line) => OPEN.has(line.state));
  return (
    <>
      {own.value === null ? null : (
        <p>{t("data_transfer_now", { union: own.value.union_name })}</p>
      )}
      <p class="quiet">{t("data_transfer_what")}</p>
      {isOpen ? (
        <SendButton
          type="button"
          class="plain"
          busy={working.value}
          onClick={() => void changeTransfers(token, () => takeTransferBack(token))}
        >
          {t("data_transfer_withdraw")}
        </SendButton>
      ) : (
        <AskForm token={token} />
      )}
      <ol class="timeline">
        {lines.map((line) => (
          <Asked key={line.id} line={line} />
        ))}
      </ol>
    </>
  );
}

/** First the union is found, then it is asked. */
function AskForm({ token }: { token: string }) {
  const found = useSignal<Union[] | null>(null);
  const chosen = useSignal<Union | null>(null);
  const finding = useSignal(false);
  return (
    <>
      <form
        role="search"
        onSubmit={async (event) => {
          event.preventDefault();
          const text = typed(event.currentTarget, "union");
          finding.value = true;
          problem.value = null;
          const result = await heardAs(token, unionsNamed(token, text));
          finding.value = false;
          chosen.value = null;
          if (result?.ok) found.value = result.value.items;
          else if (result !== null) problem.value = result.problem;
        }}
      >
        <Field
          name="union"
          label={t("data_transfer_union")}
          hint={t("data_transfer_union_hint")}
          type="search"
          minLength={2}
          maxLength={40}
          required
        />
        <SendButton class="plain" busy={finding.value}>
          {t("data_transfer_find")}
        </SendButton>
      </form>
      {found.value?.length === 0 ? (
        <div class="empty" role="status">
          <p>{t("data_transfer_none")}</p>
        </div>
      ) : null}
      {found.value === null || found.value.length === 0 ? null : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const to = chosen.value?.code;
            if (to === undefined) return;
            const reason = typed(event.currentTarget, "reason");
            void changeTransfers(token, () => askTransfer(token, { to, reason }));
          }}
        >
          <fieldset class="field">
            <legend>{t("data_transfer_choose")}</legend>
            {found.value.map((union) => (
              <label key={union.code} class="tick">
                <input
                  type="radio"
                  name="to"
                  required
                  onChange={() => {
                    chosen.value = union;
                  }}
                />
                <span>
                  {union.name}
                  {union.district === "" ? null : <span class="quiet"> {union.district}</span>}
                </span>
              </label>
            ))}
          </fieldset>
          <AreaField name="reason" label={t("data_transfer_reason")} maxLength={500} required />
          <SendButton busy={working.value} disabled={chosen.value === null}>
            {chosen.value === null
              ? t("data_transfer_choose")
              : t("data_transfer_ask", { union: chosen.value.name })}
          </SendButton>
        </form>
      )}
    </>
  );
}

function Asked({ line }: { line: Transfer }) {
  const state = STATES[line.state];
  return (
    <li>
      <p class="quiet">
        <time dateTime={line.asked_at}>{dayAndTimeOf(line.asked_at)}</time>
      </p>
      <h2>{t("data_transfer_line", { from: line.from_name, to: line.to_name })}</h2>
      <p>{line.reason}</p>
      {state === undefined ? null : (
        <p>
          <Chip kind={state.kind}>{state.word()}</Chip>
        </p>
      )}
      {line.answer === null ? null : <p>{t("data_answer", { answer: line.answer })}</p>}
    </li>
  );
}
