import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Problem, Result } from "../shared/api";
import { dayAndTimeOf } from "../shared/clock";
import { typed } from "../shared/forms";
import { t } from "../shared/i18n";
import { Ask, Chip, Field, Heading, Note, ProblemNote, SendButton, Waiting } from "../shared/ui";
import { check } from "./card";
import { ownDeviceId } from "./device";
import { retirePhone } from "./device-service";
import { type CardWithPhones, type OwnPhone, phonesOf, renamePhone } from "./devices-service";
import { isIn, leave } from "./session";

const UNAUTHORIZED = 401;

/** The phones that have the card: what they are called, since when, and how to take it off one. */
export function DevicesScreen({ token }: { token: string }) {
  const shown = useSignal<CardWithPhones | null>(null);
  const problem = useSignal<Problem | null>(null);
  const own = useSignal<string | null>(null);
  const take = async (result: Result<CardWithPhones>) => {
    if (!isIn(token)) return;
    problem.value = result.ok ? null : result.problem;
    if (result.ok) shown.value = result.value;
    else if (result.problem.status === UNAUTHORIZED) await leave(result.problem);
  };
  const load = async () => {
    own.value = await ownDeviceId();
    await take(await phonesOf(token));
  };
  useEffect(() => void load(), [token]);
  const card = shown.value;
  return (
    <section class="panel flat">
      <Heading>{t("phones_title")}</Heading>
      {problem.value === null ? null : (
        <ProblemNote problem={problem.value}>
          <button type="button" class="plain" onClick={() => void load()}>
            {t("try_again")}
          </button>
        </ProblemNote>
      )}
      {card === null && problem.value === null ? <Waiting>{t("phones_loading")}</Waiting> : null}
      {card?.devices.length === 0 ? <NoPhone /> : null}
      <ul class="phones">
        {card?.devices.map((phone) => (
          <PhoneLine
            key={phone.device_id}
            phone={phone}
            isOwn={phone.device_id === own.value}
            rename={async (name) => take(await renamePhone(token, phone.device_id, name))}
            remove={async () => {
              const result = await retirePhone(token, phone.device_id);
              if (!result.ok) problem.value = result.problem;
              // The card's own screen hears of it too: this phone may have been the one.
              else await check(token);
              if (result.ok) await load();
            }}
          />
        ))}
      </ul>
      {card === null ? null : (
        <p class="quiet">
          {t("phones_count", { count: card.devices.length, most: card.devices_max })}
        </p>
      )}
    </section>
  );
}

function NoPhone() {
  return (
    <Note kind="wait">
      <p>{t("phones_none")}</p>
      <p>
        <a href="#card">{t("phones_none_go")}</a>
      </p>
    </Note>
  );
}

function PhoneLine({
  phone,
  isOwn,
  rename,
  remove,
}: {
  phone: OwnPhone;
  isOwn: boolean;
  rename: (name: string) => Promise<void>;
  remove: () => Promise<void>;
}) {
  const doing = useSignal<"nothing" | "naming" | "asking">("nothing");
  const sending = useSignal(false);
  const send = async (work: () => Promise<void>) => {
    if (sending.value) return;
    doing.value = "nothing";
    sending.value = true;
    await work();
    sending.value = false;
  };
  const until = phone.credential_expires_at;
  return (
    <li>
      <h2>{phone.name}</h2>
      {isOwn ? <Chip kind="yes">{t("phones_this")}</Chip> : null}
      <p class="quiet">{t("phones_since", { moment: dayAndTimeOf(phone.enrolled_at) })}</p>
      <p class="quiet">
        {until === null
          ? t("phones_shows_nothing")
          : t("phones_until", { moment: dayAndTimeOf(until) })}
      </p>
      {doing.value === "naming" ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const name = typed(event.currentTarget, `name-${phone.device_id}`);
            void send(() => rename(name));
          }}
        >
          <Field
            name={`name-${phone.device_id}`}
            label={t("phones_name")}
            maxLength={60}
            required
            defaultValue={phone.name}
          />
          <div class="row">
            <SendButton busy={sending.value}>{t("phones_save")}</SendButton>
            <button
              type="button"
              class="plain"
              onClick={() => {
                doing.value = "nothing";
              }}
            >
              {t("phones_keep_name")}
            </button>
          </div>
        </form>
      ) : (
        <div class="row">
          <SendButton
            type="button"
            class="plain"
            busy={sending.value}
            aria-label={t("phones_rename_one", { name: phone.name })}
            onClick={() => {
              doing.value = "naming";
            }}
          >
            {t("phones_rename")}
          </SendButton>
          <SendButton
            type="button"
            class="danger"
            busy={sending.value}
            aria-label={t("phones_remove_one", { name: phone.name })}
            onClick={() => {
              doing.value = "asking";
            }}
          >
            {t("phones_remove")}
          </SendButton>
        </div>
      )}
      {doing.value === "asking" ? (
        <Ask
          question={t("phones_question", { name: phone.name })}
          onClose={() => {
            if (doing.value === "asking") doing.value = "nothing";
          }}
        >
          <p>{isOwn ? t("phones_question_own") : t("phones_question_what")}</p>
          <button type="button" class="danger" onClick={() => void send(remove)}>
            {t("phones_remove_yes")}
          </button>
        </Ask>
      ) : null}
    </li>
  );
}
