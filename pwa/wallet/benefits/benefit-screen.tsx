import { dayOf } from "../../shared/clock";
import { t } from "../../shared/i18n";
import { Heading, ProblemNote, SendButton, Waiting } from "../../shared/ui";
import { ListProblem } from "../list-problem";
import {
  allSites,
  askingSites,
  benefits,
  loadSites,
  siteKey,
  sitesProblem,
} from "./benefits";
import { leftOf, ordered, UsableChip } from "./parts";
import type { Benefit, District, Site } from "./service";

/** One benefit: what it is worth, who pays, until when, and where. */
export function BenefitPage({ token, id }: { token: string; id: string }) {
  const list = benefits.heard.value?.value.items ?? null;
  const found = list?.find((each) => each.offer_id === id);
  return (
    <section class="panel flat">
      <a class="back" href="#benefits">
        <span aria-hidden="true">‹ </span>
        {t("benefits_back")}
      </a>
      {found === undefined ? (
        <>
          <Heading>{t("benefits_title")}</Heading>
          <ListProblem list={benefits} onRetry={() => void benefits.load(token)} />
          {list === null && benefits.loading.value ? (
            <Waiting>{t("benefits_loading")}</Waiting>
          ) : null}
          {list === null ? null : <p>{t("benefits_gone")}</p>}
        </>
      ) : (
        <Shown token={token} benefit={found} />
      )}
    </section>
  );
}

function Shown({ token, benefit }: { token: string; benefit: Benefit }) {
  return (
    <>
      <Heading>{benefit.title}</Heading>
      <ListProblem list={benefits} onRetry={() => void benefits.load(token)} />
      <p>
        <UsableChip benefit={benefit} />
      </p>
      {benefit.usable ? (
        <a class="button" href="#card">
          {t("benefits_show_card")}
        </a>
      ) : (
        <div class="why-not">
          <p>{benefit.reason_text}</p>
          <p>{benefit.next_step}</p>
        </div>
      )}
      {benefit.needs_challenge ? <p>{t("benefits_needs_challenge")}</p> : null}
      <Facts benefit={benefit} />
      {benefit.districts.length === 0 ? null : <h2>{t("benefits_where")}</h2>}
      {sitesProblem.value === null ? null : <ProblemNote problem={sitesProblem.value} />}
      {ordered(benefit.districts).map((at) => (
        <Sites key={at.district} token={token} benefit={benefit} at={at} />
      ))}
    </>
  );
}

function Facts({ benefit }: { benefit: Benefit }) {
  const left = leftOf(benefit);
  return (
    <div class="list-card">
      <p>{benefit.terms}</p>
      {benefit.conditions.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      <p>{benefit.who_pays}</p>
      <dl class="facts">
        <dt>{t("benefits_merchant")}</dt>
        <dd>{benefit.merchant ?? t("benefits_every_merchant")}</dd>
        {benefit.category === null ? null : (
          <>
            <dt>{t("benefits_category")}</dt>
            <dd>{benefit.category}</dd>
          </>
        )}
        {left === null ? null : (
          <>
            <dt>{t("benefits_left")}</dt>
            <dd>{left}</dd>
          </>
        )}
        <dt>{t("benefits_programme")}</dt>
        <dd>{benefit.programme}</dd>
        <dt>{t("benefits_until")}</dt>
        <dd>{benefit.ends_at === null ? t("benefits_no_end") : lastDay(benefit.ends_at)}</dd>
      </dl>
    </div>
  );
}

/** The day on which it still counts: its end is the first moment at which it does not. */
function lastDay(endsAt: string): string {
  return dayOf(Date.parse(endsAt) - 1);
}

function Sites({ token, benefit, at }: { token: string; benefit: Benefit; at: District }) {
  const key = siteKey(benefit.offer_id, at.district);
  const sites = allSites.value[key] ?? at.first;
  return (
    <div class="list-card">
      <h3>
        {at.district} <span class="quiet">{t("benefits_sites", { count: at.site_count })}</span>
      </h3>
      <ul class="plain-list">
        {sites.map((site) => (
          <li key={site.id}>
            <SiteLine site={site} isEverywhere={benefit.merchant === null} />
          </li>
        ))}
      </ul>
      {sites.length >= at.site_count ? null : (
        <SendButton
          type="button"
          class="plain"
          busy={askingSites.value === key}
          onClick={() => void loadSites(token, benefit.offer_id, at.district)}
        >
          {t("benefits_more_sites", { district: at.district })}
        </SendButton>
      )}
    </div>
  );
}

function SiteLine({ site, isEverywhere }: { site: Site; isEverywhere: boolean }) {
  return (
    <>
      <p>{isEverywhere ? `${site.merchant} · ${site.name}` : site.name}</p>
      <p class="quiet">{site.address}</p>
    </>
  );
}
