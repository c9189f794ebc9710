/** The page: draws the board, and hands on what is clicked, typed and dragged. */
import { EntDBError } from "@entdb/client";
import type { PersonRow, TaskRow } from "./board.ts";
import { STATUSES, type Status } from "./schema.ts";
import { type Place, Tracker } from "./tracker.ts";

const DRAGGED = "application/x-task";

/** The one element that a selector means. */
function find<E extends Element>(selector: string, within: ParentNode, kind: new () => E): E {
  const found = within.querySelector(selector);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${selector}`);
}

const alert = find("#alert", document, HTMLElement);
const template = find("#task", document, HTMLTemplateElement);

/** Does something; a refusal is shown with what to do next, and goes with the next thing that works. */
async function attempt(action: () => Promise<void>): Promise<void> {
  try {
    await action();
    alert.hidden = true;
  } catch (error) {
    if (!(error instanceof EntDBError)) throw error;
    find("strong", alert, HTMLElement).textContent = error.message;
    find("span", alert, HTMLElement).textContent = error.hint ?? "";
    find("code", alert, HTMLElement).textContent = error.reason;
    alert.hidden = false;
  }
}

function draw(tracker: Tracker): void {
  const people = tracker.board.people();
  for (const [status, tasks] of tracker.board.columns()) {
    const column = find(`#${status}`, document, HTMLElement);
    find("h2 span", column, HTMLElement).textContent = String(tasks.length);
    const cards = tasks.map((task) => cardOf(tracker, task, people));
    find("ul", column, HTMLUListElement).replaceChildren(...cards);
  }
}

function cardOf(tracker: Tracker, task: TaskRow, people: readonly PersonRow[]): HTMLLIElement {
  const card = find("li", template.content, HTMLLIElement).cloneNode(true) as HTMLLIElement;
  find("p", card, HTMLElement).textContent = task.title;
  const assignee = find("select", card, HTMLSelectElement);
  assignee.append(...people.map(({ id, name }) => new Option(name, id)));
  assignee.value = task.assignee?.id ?? "";
  assignee.onchange = () => attempt(() => tracker.assign(task, assignee.value));
  const at = STATUSES.indexOf(task.status);
  for (const [selector, status] of [
    [".back", STATUSES[at - 1]],
    [".on", STATUSES[at + 1]],
  ] as const) {
    const button = find(selector, card, HTMLButtonElement);
    button.disabled = status === undefined;
    if (status === undefined) continue;
    button.title = `Move to ${status}`;
    button.onclick = () => attempt(() => tracker.move(task, status));
  }
  find(".remove", card, HTMLButtonElement).onclick = () => attempt(() => tracker.remove(task));
  card.ondragstart = ({ dataTransfer }) => dataTransfer?.setData(DRAGGED, task.id);
  return card;
}

function takeDrops(tracker: Tracker, status: Status): void {
  const column = find(`#${status}`, document, HTMLElement);
  column.ondragover = (event) => {
    if (event.dataTransfer?.types.includes(DRAGGED)) event.preventDefault();
  };
  column.ondrop = ({ dataTransfer }) => {
    const tasks = [...tracker.board.columns().values()].flat();
    const task = tasks.find(({ id }) => id === dataTransfer?.getData(DRAGGED));
    if (task !== undefined && task.status !== status) {
      void attempt(() => tracker.move(task, status));
    }
  };
}

async function open(name: string): Promise<void> {
  const place = (await (await fetch("/config.json")).json()) as Place;
  const tracker = new Tracker(place, name.toLowerCase());
  find("#me", document, HTMLElement).textContent = name;
  for (const status of STATUSES) takeDrops(tracker, status);
  const form = find("#new", document, HTMLFormElement);
  const title = find("input", form, HTMLInputElement);
  form.onsubmit = (event) => {
    event.preventDefault();
    const text = title.value;
    title.value = "";
    void attempt(() => tracker.create(text));
  };
  document.body.dataset["state"] = "board";
  await attempt(() =>
    tracker.follow(name, {
      changed: () => draw(tracker),
      live: (isLive) => {
        document.body.dataset["live"] = String(isLive);
      },
    }),
  );
  document.body.dataset["live"] = "false";
}

const name = new URLSearchParams(location.search).get("as");
if (name === null || !/^\w+$/.test(name)) document.body.dataset["state"] = "join";
else void open(name);
