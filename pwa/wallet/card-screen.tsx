import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { dayAndTimeOf } from "../shared/clock";
import { t } from "../shared/i18n";
import { lazy } from "../shared/lazy";
import {
  Ask,
  Chip,
  Heading,
  type Kind,
  Note,
  ProblemNote,
  SendButton,
  Waiting,
} from "../shared/ui";
import {
  apply,
  card,
  cardProblem,
  check,
  declareLost,
  isShowable,
  losing,
  lossProblem,
  watch,
} from "./card";
import { Code } from "./code";
import { DeviceNote } from "./device-note";
import type { Card } from "./service";
import { busy, keepsNothing, signOut } from "./session";

const CardActions = lazy(() => import("./card-actions").then((m) => m.CardActions));
const ConfirmInTime = lazy(() => import("./card-actions").then((m) => m.ConfirmInTime));
const HAS_ACTIONS = new Set(["lost", "frozen", "expired"]);

const STATES: Record<string, () => { kind: Kind; word: string; sentence: string }> = {
  active: () => ({ kind: "yes", word: t("card_active"), sentence: "" }),
  issued: () => ({ kind: "yes", word: t("card_issued"), sentence: "" }),
  pending_verify: () => ({
    kind: "wait",
    word: t("card_pending"),
    sentence: t("card_pending_next"),
  }),
  lost: () => ({ kind: "no", word: t("card_lost"), sentence: t("card_lost_next") }),
  frozen: () => ({ kind: "no", word: t("card_frozen"), sentence: t("card_frozen_next") }),
  expired: () => ({ kind: "no", word: t("card_expired"), sentence: t("card_expired_next") }),
  cancelled: () => ({ kind: "no", word: t("card_cancelled"), sentence: t("card_cancelled_next") }),
};
const UNKNOWN_STATE = () => ({ kind: "wait" as const, word: t("card_unknown"), sentence: "" });

export function CardScreen({ token }: { token: string }) {
  useEffect(() => watch(token), [token]);
  const held = card.value;
  if (held === null) return <Opening token={token} />;
  const state = (STATES[held.state] ?? UNKNOWN_STATE)();
  const hasCode = isShowable(held);
  return (
    <>
      <section class="card" aria-labelledby="holder">
        <div class="band">
          <span>{held.union_name}</span>
          <span>{t("member_card")}</span>
        </div>
        <div class="holder">
          <h1 id="holder" tabIndex={-1}>
            {held.name}
          </h1>
          <p>
            <Chip kind={state.kind}>{state.word}</Chip>
            <span class="quiet">{t("tail", { tail: held.tail })}</span>
          </p>
        </div>
        {hasCode ? (
          <Code token={token} />
        ) : (
          <NotShowable held={held} sentence={state.sentence} token={token} />
        )}
      </section>
      {hasCode ? <DeviceNote token={token} /> : null}
      {hasCode && held.confirm_by ? <ConfirmInTime by={held.confirm_by} token={token} /> : null}
      {keepsNothing.value ? <Note kind="wait">{t("keeps_nothing")}</Note> : null}
      {lossProblem.value === null ? null : <ProblemNote problem={lossProblem.value} />}
      <div class="row">
        {hasCode ? <ReportLost token={token} /> : null}
        <SignOut token={token} />
      </div>
    </>
  );
}

/** Why there is no code, and what the member can do about it. */
function NotShowable({
  held,
  sentence,
  token,
}: {
  held: Card;
  sentence: string;
  token: string;
}) {
  return (
    <div class="not-showable">
      <p>{sentence}</p>
      {held.state_reason === null ? null : (
        <p>{t("card_state_reason", { reason: held.state_reason })}</p>
      )}
      {held.frozen_until === null ? null : (
        <p>{t("card_frozen_until", { moment: dayAndTimeOf(held.frozen_until) })}</p>
      )}
      {HAS_ACTIONS.has(held.state) ? <CardActions held={held} token={token} /> : null}
    </div>
  );
}

function Opening({ token }: { token: string }) {
  if (cardProblem.value === null) return <Waiting>{t("card_loading")}</Waiting>;
  if (cardProblem.value.code === "card_not_found") return <NoCard token={token} />;
  return (
    <section class="panel">
      <ProblemNote problem={cardProblem.value} />
      <button type="button" onClick={() => void check(token)}>
        {t("try_again")}
      </button>
      <SignOut token={token} />
    </section>
  );
}

function NoCard({ token }: { token: string }) {
  const sending = useSignal(false);
  return (
    <section class="panel">
      <Heading>{t("no_card_title")}</Heading>
      <p>{t("no_card_next")}</p>
      <SendButton
        type="button"
        busy={sending.value}
        onClick={async () => {
          sending.value = true;
          await apply(token);
          sending.value = false;
        }}
      >
        {t("apply_for_card")}
      </SendButton>
      <SignOut token={token} />
    </section>
  );
}

function ReportLost({ token }: { token: string }) {
  const asking = useSignal(false);
  return (
    <>
      <SendButton
        type="button"
        class="danger"
        busy={losing.value}
        onClick={() => {
          asking.value = true;
        }}
      >
        {t("report_lost")}
      </SendButton>
      {asking.value ? (
        <Ask
          question={t("lost_question")}
          no={t("lost_no")}
          onClose={() => {
            asking.value = false;
          }}
        >
          <p>{t("lost_what")}</p>
          <button
            type="button"
            class="danger"
            onClick={() => {
              asking.value = false;
              void declareLost(token);
            }}
          >
            {t("lost_yes")}
          </button>
        </Ask>
      ) : null}
    </>
  );
}

function SignOut({ token }: { token: string }) {
  return (
    <SendButton type="button" class="plain" busy={busy.value} onClick={() => void signOut(token)}>
      {t("sign_out")}
    </SendButton>
  );
}
