import { useEffect } from "preact/hooks";
import { t } from "../../shared/i18n";
import { inside } from "../../shared/tabs";
import { Chip, Heading, Money, Waiting } from "../../shared/ui";
import { ListProblem } from "../list-problem";
import { ClaimPage } from "./claim-screen";
import { claims, schemes } from "./claims";
import { PAYOUT } from "./consents";
import { drafts, NEW, readDrafts } from "./draft";
import { NewClaim } from "./new-screen";
import { AccountStep, BackTo, Consented, dayBefore, Reasons, stateOf } from "./parts";
import type { ClaimItem, Scheme } from "./service";

/** Mutual aid: my claims and cover, and behind them a page for each claim (`#aid/…`). */
export function AidScreen({ token }: { token: string }) {
  useEffect(() => void readDrafts(token), [token]);
  const page = inside();
  if (page === "") return <Overview token={token} />;
  if (page === "new") return <NewClaim token={token} />;
  if (page === "account") return <AccountPage token={token} />;
  return <ClaimPage key={page} token={token} id={page} />;
}

function Overview({ token }: { token: string }) {
  useEffect(() => {
    void claims.load(token);
    void schemes.load(token);
  }, [token]);
  const mine = claims.heard.value?.value.items ?? null;
  const covers = schemes.heard.value?.value.items ?? [];
  return (
    <section class="panel flat">
      <Heading>{t("aid_title")}</Heading>
      <ListProblem list={claims} onRetry={() => void claims.load(token)} />
      <a class="button" href={`#aid/${NEW}`}>
        {drafts.value?.[NEW] === undefined ? t("aid_new") : t("aid_continue")}
      </a>
      {mine === null && claims.loading.value ? <Waiting>{t("opening")}</Waiting> : null}
      {mine?.length === 0 ? (
        <div class="empty">
          <p>{t("aid_none")}</p>
        </div>
      ) : null}
      <ul class="plain-list">
        {mine?.map((item) => (
          <ClaimRow key={item.id} item={item} />
        ))}
      </ul>
      {covers.length === 0 ? null : <h2>{t("aid_covers")}</h2>}
      {covers.map((scheme) => (
        <Cover key={scheme.scheme} scheme={scheme} />
      ))}
      <a class="button plain" href="#aid/account">
        {t("aid_account")}
      </a>
    </section>
  );
}

function ClaimRow({ item }: { item: ClaimItem }) {
  const state = stateOf(item.state);
  return (
    <li>
      <a class="list-card" href={`#aid/${item.id}`}>
        <strong>{item.scheme_name}</strong>
        <span class="quiet">{t("aid_of_day", { day: item.event_date })}</span>
        <span class="list-card-foot">
          <Chip kind={state.kind}>{state.word}</Chip>
          <Money fen={item.benefit_fen} />
        </span>
        <span>{state.next}</span>
      </a>
    </li>
  );
}

function Cover({ scheme }: { scheme: Scheme }) {
  const { cover } = scheme;
  const against = scheme.events.find(({ reasons }) => reasons.length > 0)?.reasons ?? [];
  return (
    <div class="group">
      <h3>{scheme.name}</h3>
      {cover === null ? (
        <Reasons reasons={against} />
      ) : (
        <>
          <p>{t("aid_cover_days", { from: cover.starts_on, to: dayBefore(cover.ends_on) })}</p>
          {cover.left === null ? null : <p>{t("aid_cover_left", { count: cover.left })}</p>}
          {scheme.covered ? null : <Reasons reasons={against} />}
        </>
      )}
    </div>
  );
}

function AccountPage({ token }: { token: string }) {
  return (
    <section class="panel flat">
      <BackTo place="aid">{t("aid_title")}</BackTo>
      <Heading>{t("aid_account")}</Heading>
      <Consented token={token} purpose={PAYOUT}>
        <AccountStep token={token} />
      </Consented>
    </section>
  );
}
