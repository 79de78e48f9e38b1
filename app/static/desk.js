// Makes staff pages smoother; every page works without it.

const BUSY_MILLISECONDS = 10_000;
const POLL_MILLISECONDS = 1_000;

// One press is one sending: a second tap finds the button busy.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sending) {
    event.preventDefault();
    return;
  }
  if (form.method !== "post") return;
  form.dataset.sending = "yes";
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-busy", "true");
  // A download or a lost connection leaves the page standing: let it be sent again.
  setTimeout(() => release(form), BUSY_MILLISECONDS);
});

function release(form) {
  delete form.dataset.sending;
  for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-busy");
}

// A page brought back by the Back button must not come back busy.
addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach(release));

// What cannot be undone is asked twice.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[data-confirm]");
  if (button && !confirm(button.dataset.confirm)) event.preventDefault();
});

// A code to hand over can be copied, where the browser lets a page do that.
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.copied;
  });
}

// Long work: ask for the job's own count, and show the finished page when it is done.
for (const block of document.querySelectorAll("[data-progress]")) poll(block);

async function poll(block) {
  try {
    const answer = await fetch(block.dataset.progress, { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) return location.reload();
    const { done, total, finished, stage } = await answer.json();
    if (finished) return location.reload();
    const bar = block.querySelector("progress");
    if (total > 0) {
      bar.max = total;
      bar.value = done;
    }
    const said = { done: done.toLocaleString("en"), total: total.toLocaleString("en"), stage };
    for (const [name, text] of Object.entries(said)) {
      const place = block.querySelector(`[data-${name}]`);
      if (place) place.textContent = text;
    }
  } catch {
    // The connection is away for a moment; the next round asks again.
  }
  setTimeout(() => poll(block), POLL_MILLISECONDS);
}

// Lists sort, filter and page in place: the answer's list takes the place of this one.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-list] a[data-in-place]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  showList(link.href, true);
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form.filters");
  if (!form) return;
  event.preventDefault();
  const wanted = [...new FormData(form, event.submitter)].filter(([, value]) => value !== "");
  showList(`${form.getAttribute("action") || location.pathname}?${new URLSearchParams(wanted)}`, true);
});

addEventListener("popstate", () => {
  if (document.querySelector("[data-list]")) showList(location.href, false);
});

async function showList(address, remember) {
  const list = document.querySelector("[data-list]");
  try {
    if (!list) throw new Error("no list to replace");
    list.setAttribute("aria-busy", "true");
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-list]");
    if (!answer.ok || answer.redirected || !fresh) throw new Error("not a list");
    list.replaceWith(fresh);
    fresh.querySelector("h2, caption, [data-list-head]")?.focus?.();
    if (remember) history.pushState(null, "", address);
  } catch {
    location.assign(address);
  }
}
