import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "./i18n";
import { Waiting } from "./ui";

/**
 * A screen whose script is fetched when it is first opened: what everybody loads first stays small.
 * `load` is an `import()`; a screen that cannot be fetched says so and is asked for again.
 * `Meanwhile` stands there until then: nothing, where only a note is to come.
 */
export function lazy<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  Meanwhile: ComponentType = Opening,
): ComponentType<Props> {
  const loaded = signal<ComponentType<Props> | null>(null);
  return function Lazy(props: Props) {
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (loaded.value !== null || failed) return;
      load().then(
        (screen) => {
          loaded.value = screen;
        },
        () => setFailed(true),
      );
    }, [failed]);
    const Screen = loaded.value;
    if (Screen !== null) return <Screen {...props} />;
    if (!failed) return <Meanwhile />;
    return (
      <section class="panel" role="alert">
        <p>{t("no_answer")}</p>
        <button type="button" onClick={() => setFailed(false)}>
          {t("try_again")}
        </button>
      </section>
    );
  };
}

function Opening() {
  return <Waiting>{t("opening")}</Waiting>;
}
