import { useEffect } from "preact/hooks";
import { dayAndTimeOf } from "../shared/clock";
import { t } from "../shared/i18n";
import { Heading, Note, ProblemNote, SendButton, Waiting } from "../shared/ui";
import {
  inbox,
  inboxBusy,
  inboxProblem,
  loadNotices,
  loadOlderNotices,
  type Notice,
  readAllNotices,
  readNotice,
  unreadWritten,
} from "./notices";

export function NoticesScreen({ token }: { token: string }) {
  useEffect(() => void loadNotices(token), [token]);
  const now = inbox.value;
  return (
    <section class="panel flat">
      <Heading>{t("notices_title")}</Heading>
      {inboxProblem.value === null ? null : (
        <ProblemNote problem={inboxProblem.value}>
          <button type="button" class="plain" onClick={() => void loadNotices(token)}>
            {t("try_again")}
          </button>
        </ProblemNote>
      )}
      {now === null && inboxBusy.value ? <Waiting>{t("notices_loading")}</Waiting> : null}
      {now?.isRemembered && !inboxBusy.value ? (
        <Note kind="wait">
          <p>{t("notices_kept", { moment: dayAndTimeOf(new Date(now.heardAt).toISOString()) })}</p>
        </Note>
      ) : null}
      {now === null || now.unread === 0 ? null : <Unread token={token} />}
      {now?.items.length === 0 ? <Nothing /> : null}
      <ol class="timeline inbox">
        {now?.items.map((notice) => (
          <Entry key={notice.id} notice={notice} token={token} />
        ))}
      </ol>
      {(now?.next_cursor ?? null) === null ? null : (
        <SendButton
          type="button"
          class="plain"
          busy={inboxBusy.value}
          onClick={() => void loadOlderNotices(token)}
        >
          {t("show_more")}
        </SendButton>
      )}
    </section>
  );
}

function Unread({ token }: { token: string }) {
  return (
    <div class="inbox-unread">
      <p role="status">{t("notices_unread", { count: unreadWritten() })}</p>
      <SendButton
        type="button"
        class="plain"
        busy={inboxBusy.value}
        onClick={() => void readAllNotices(token)}
      >
        {t("notices_read_all")}
      </SendButton>
    </div>
  );
}

function Nothing() {
  return (
    <div class="empty">
      <p>{t("notices_none")}</p>
      <p>{t("notices_none_next")}</p>
      <a class="button plain" href="#card">
        {t("notices_none_go")}
      </a>
    </div>
  );
}

function Entry({ notice, token }: { notice: Notice; token: string }) {
  const isNew = notice.read_at === null;
  const titled = `notice-${notice.id}`;
  return (
    <li class={isNew ? "unread" : undefined}>
      <p class="quiet">
        {isNew ? (
          <span class="new">
            <span class="dot" aria-hidden="true" /> {t("notices_new")}
          </span>
        ) : null}
        <time dateTime={notice.created_at}>{dayAndTimeOf(notice.created_at)}</time>
      </p>
      <h2 id={titled}>{notice.title}</h2>
      {notice.place === null ? null : (
        <a
          class="button plain"
          href={`#${notice.place}`}
          aria-describedby={titled}
          onClick={() => void (isNew && readNotice(token, notice))}
        >
          {t("notices_open")}
        </a>
      )}
      {notice.place === null && isNew ? (
        <button
          type="button"
          class="plain"
          aria-describedby={titled}
          disabled={inboxBusy.value}
          onClick={() => void readNotice(token, notice)}
        >
          {t("notices_read_one")}
        </button>
      ) : null}
    </li>
  );
}
