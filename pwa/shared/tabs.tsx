import { signal } from "@preact/signals";

const hash = signal(location.hash);

addEventListener("hashchange", () => {
  hash.value = location.hash;
});

/** Which of `places` the address names behind `#`, the first if none: so "back" goes back. */
export function placeAmong<Place extends string>(places: readonly [Place, ...Place[]]): Place {
  const named = hash.value.slice(1).split("/")[0];
  return places.find((place) => place === named) ?? places[0];
}

/** What the address names inside its place: "new" of `#aid/new`, nothing of `#aid`. */
export function inside(): string {
  return hash.value.split("/")[1] ?? "";
}

export function goTo(place: string): void {
  location.hash = place;
}

export interface Tab {
  place: string;
  icon: string;
  label: string;
}

/** How many things wait at a tab, and how that is read out. */
export interface Badge {
  count: string;
  label: string;
}

export function Tabs({
  label,
  tabs,
  now,
  badges = {},
}: {
  label: string;
  tabs: Tab[];
  now: string;
  /** By place; null where nothing waits. */
  badges?: Record<string, Badge | null>;
}) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <a
          key={tab.place}
          href={`#${tab.place}`}
          {...(tab.place === now ? { "aria-current": "page" as const } : {})}
        >
          <span class="icon" aria-hidden="true">
            {tab.icon}
          </span>
          {tab.label}
          <TabBadge badge={badges[tab.place] ?? null} />
        </a>
      ))}
    </nav>
  );
}

function TabBadge({ badge }: { badge: Badge | null }) {
  if (badge === null) return null;
  return (
    <span class="badge">
      <span aria-hidden="true">{badge.count}</span>
      <span class="unseen">{badge.label}</span>
    </span>
  );
}
