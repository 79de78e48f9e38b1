import { useEffect } from "preact/hooks";
import { t } from "../../shared/i18n";
import { inside } from "../../shared/tabs";
import { Field, Heading, Waiting } from "../../shared/ui";
import { ListProblem } from "../list-problem";
import {
  benefits,
  chooseAll,
  chooseDistrict,
  chosen,
  district,
  districtsOf,
  kind,
  restoreDistrict,
  words,
} from "./benefits";
import { BenefitPage } from "./benefit-screen";
import { leftOf, ordered, UsableChip } from "./parts";
import type { Benefit } from "./service";

/** Benefits: what I can use now and what not, and behind them a page for each (`#benefits/…`). */
export function BenefitsScreen({ token }: { token: string }) {
  useEffect(() => {
    void restoreDistrict(token);
    void benefits.load(token);
  }, [token]);
  const page = inside();
  if (page === "") return <Overview token={token} />;
  return <BenefitPage key={page} token={token} id={page} />;
}

function Overview({ token }: { token: string }) {
  const list = benefits.heard.value?.value ?? null;
  const fitting = list === null ? [] : chosen(list.items);
  return (
    <section class="panel flat">
      <Heading>{t("benefits_title")}</Heading>
      <p>
        <a class="button plain" href="#coupons">
          {t("coupons_link")}
        </a>
      </p>
      <ListProblem list={benefits} onRetry={() => void benefits.load(token)} />
      {list === null && benefits.loading.value ? <Waiting>{t("benefits_loading")}</Waiting> : null}
      {list === null ? null : list.items.length === 0 ? (
        <div class="empty">
          <p>{t("benefits_none")}</p>
        </div>
      ) : (
        <>
          <Filters all={list.items} />
          {fitting.length === 0 ? (
            <div class="empty">
              <p>{t("benefits_no_match")}</p>
              <button type="button" class="plain" onClick={chooseAll}>
                {t("benefits_show_all")}
              </button>
            </div>
          ) : null}
          <Group
            title={(count) => t("benefits_usable", { count })}
            items={fitting.filter((each) => each.usable)}
          />
          <Group
            title={(count) => t("benefits_not_usable", { count })}
            items={fitting.filter((each) => !each.usable)}
          />
          {list.isCut ? (
            <p class="quiet">{t("benefits_first_only", { count: list.items.length })}</p>
          ) : null}
        </>
      )}
    </section>
  );
}

function Filters({ all }: { all: Benefit[] }) {
  const known = districtsOf(all);
  // What was chosen stays to be seen, even if nothing counts there today.
  const districts =
    district.value === "" || known.includes(district.value) ? known : [district.value, ...known];
  return (
    <div class="filters">
      <Field
        name="benefits-search"
        type="search"
        label={t("benefits_search")}
        value={words.value}
        onInput={(event) => {
          words.value = event.currentTarget.value;
        }}
      />
      <div class="row">
        <div class="field">
          <label for="benefits-kind">{t("benefits_kind")}</label>
          <select
            id="benefits-kind"
            value={kind.value}
            onChange={(event) => {
              kind.value = event.currentTarget.value;
            }}
          >
            <option value="">{t("benefits_any_kind")}</option>
            <option value="percent">{t("benefits_percent")}</option>
            <option value="full_reduction">{t("benefits_full_reduction")}</option>
            <option value="fixed_price">{t("benefits_fixed_price")}</option>
            <option value="daily_coupon">{t("benefits_daily_coupon")}</option>
            <option value="gift">{t("benefits_gift")}</option>
          </select>
        </div>
        <div class="field">
          <label for="benefits-district">{t("benefits_district")}</label>
          <select
            id="benefits-district"
            aria-describedby="benefits-district-hint"
            value={district.value}
            onChange={(event) => chooseDistrict(event.currentTarget.value)}
          >
            <option value="">{t("benefits_any_district")}</option>
            {districts.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </div>
      </div>
      <span class="hint" id="benefits-district-hint">
        {t("benefits_district_hint")}
      </span>
    </div>
  );
}

function Group({ title, items }: { title: (count: number) => string; items: Benefit[] }) {
  if (items.length === 0) return null;
  return (
    <>
      <h2>{title(items.length)}</h2>
      <ul class="plain-list">
        {items.map((each) => (
          <BenefitRow key={each.offer_id} benefit={each} />
        ))}
      </ul>
    </>
  );
}

function BenefitRow({ benefit }: { benefit: Benefit }) {
  const left = leftOf(benefit);
  return (
    <li>
      <a class="list-card" href={`#benefits/${benefit.offer_id}`}>
        <strong>{benefit.title}</strong>
        <span>{benefit.merchant ?? t("benefits_every_merchant")}</span>
        <span>{benefit.terms}</span>
        <span class="quiet">{placesOf(benefit)}</span>
        <span class="list-card-foot">
          <UsableChip benefit={benefit} />
          {benefit.usable && left !== null ? <span>{left}</span> : null}
        </span>
        {benefit.usable ? null : (
          <span>
            {benefit.reason_text} {benefit.next_step}
          </span>
        )}
      </a>
    </li>
  );
}

/** Where it counts, the chosen district first: "宝安区 3 · 龙岗区 1". */
function placesOf({ districts }: Benefit): string {
  return ordered(districts)
    .slice(0, 3)
    .map((at) => `${at.district} ${t("benefits_sites", { count: at.site_count })}`)
    .join(" · ");
}
