// What the table holds of the history: which page is asked for, when, and what becomes of it.
//
// While it follows, the newest page is asked for again as soon as the history has changed. While it
// holds, the rows stay; those within sight are brought up to date, and what came meanwhile is only
// counted. However far somebody scrolls, only pages nearby are kept.

import { get } from "../api.js";

const PAGE = 50;
const PAGE_MAX = 200;
const PAGES_KEPT = 12;
const FOLLOW_S = 1;
const HELD_S = 2;
const AIMING_MS = 700;

/** `changed()` is told of news; `sight()` gives { first, last, aimedAt: when somebody pointed at a
 * row, in ms } of the rows within sight. */
export class TaskFeed {
  constructor(shell, changed, sight) {
    this.shell = shell;
    this.changed = changed;
    this.sight = sight;
    this.search = null; // { search, states, order, descending }
    this.following = true;
    this.loaded = false;
    this.problem = null; // why the search can't be read
    this.kept = 0;
    this.byState = {};
    this.news = new Set();
    this.moreNews = false;
    this.mark = 0;
    this.round = 0;
    this.#reset([], "");
    this.look = shell.every(FOLLOW_S, (signal) => this.#look(signal));
  }

  // --- the rows -----------------------------------------------------------------------------------

  get count() {
    return this.pages.reduce((sum, page) => sum + page.count, 0);
  }

  /** The task of a row; undefined while its page is not here. */
  row(index) {
    let at = index;
    for (const page of this.pages) {
      if (at < page.count) return page.tasks?.[at];
      at -= page.count;
    }
    return undefined;
  }

  rowOf(id) {
    let before = 0;
    for (const page of this.pages) {
      const at = page.tasks ? page.tasks.findIndex((task) => task.id === id) : -1;
      if (at >= 0) return before + at;
      before += page.count;
    }
    return -1;
  }

  /** Rows to this one are about to be seen: fetch what is missing. */
  async need(first, last) {
    if (this.fetching || !this.loaded) return;
    let before = 0;
    let missing = null;
    for (const page of this.pages) {
      if (!page.tasks && before < last && before + page.count > first) missing = page;
      before += page.count;
    }
    const more = !missing && before < last + PAGE / 2 && this.next;
    if (!missing && !more) return;
    const round = this.round;
    this.fetching = true;
    try {
      const after = missing ? missing.after : this.next;
      const answer = await get("tasks", this.#query({ after, limit: missing ? missing.count : PAGE }), this.shell.signal);
      if (round !== this.round) return;
      if (missing) missing.tasks = answer.tasks.slice(0, missing.count);
      else {
        this.pages.push({ after, tasks: answer.tasks, count: answer.tasks.length });
        this.next = answer.next;
      }
      this.#letGo(first);
      this.changed();
    } catch (error) {
      this.shell.tellError(error);
    } finally {
      this.fetching = false;
    }
  }

  /** Forget the rows of pages that are far away; their places stay. */
  #letGo(index) {
    let before = 0;
    const far = [];
    this.pages.forEach((page, number) => {
      if (number && page.tasks) far.push([Math.abs(before - index), page]);
      before += page.count;
    });
    far.sort((one, other) => other[0] - one[0]);
    for (const [, page] of far.slice(0, Math.max(0, far.length - PAGES_KEPT))) page.tasks = null;
  }

  #reset(tasks, next) {
    this.pages = [{ after: "", tasks, count: tasks.length }];
    this.next = next;
  }

  // --- what is looked for -------------------------------------------------------------------------

  show(search) {
    if (JSON.stringify(search) === JSON.stringify(this.search)) return;
    this.search = search;
    this.again();
  }

  again() {
    this.round += 1;
    this.loaded = false;
    this.problem = null;
    this.#setFollowing(true);
    this.look();
  }

  /** The history is at this mark now. */
  notice(mark) {
    this.mark = mark;
  }

  follow(follow) {
    if (follow === this.following) return;
    this.#setFollowing(follow);
    if (follow) {
      this.round += 1;
      this.dirty = true;
      this.look();
    }
    this.changed();
  }

  #setFollowing(follow) {
    this.following = follow;
    this.news.clear();
    this.moreNews = false;
  }

  // --- looking ------------------------------------------------------------------------------------

  async #look(signal) {
    if (!this.search) return;
    const now = Date.now();
    const stale = this.mark !== this.askedMark && this.mark !== this.seenMark;
    if (this.loaded && !this.dirty && !stale) return;
    if (this.loaded && !this.following && now - this.lookedAt < HELD_S * 1000) return;
    const { first, last } = this.sight();
    const limit = Math.min(Math.max(PAGE, last + 10 - (this.following ? 0 : first)), PAGE_MAX);
    const round = this.round;
    const mark = this.mark;
    this.lookedAt = now;
    let page;
    try {
      page = await get("tasks", this.#query({ limit }), signal);
    } catch (error) {
      if (error.code !== "bad-query" || round !== this.round) throw error;
      this.problem = error;
      this.askedMark = mark;
      this.loaded = true;
      this.#reset([], "");
      this.changed();
      return;
    }
    if (round !== this.round) return;
    this.askedMark = mark;
    this.seenMark = page.mark;
    this.kept = page.kept;
    this.byState = page.by_state;
    this.problem = null;
    this.dirty = false;
    const aimed = this.loaded && now - this.sight().aimedAt < AIMING_MS;
    if (!this.loaded || (this.following && !aimed)) {
      this.loaded = true;
      this.#reset(page.tasks, page.next);
    } else if (this.following) {
      // Somebody is about to click: no row moves away below the pointer.
      this.#update(page.tasks);
      this.dirty = true;
    } else {
      this.#countNews(page);
      await this.#refresh(first, last, signal, round);
    }
    this.changed();
  }

  #countNews(page) {
    const held = new Set(this.pages[0].tasks.map((task) => task.id));
    const fresh = page.tasks.filter((task) => !held.has(task.id));
    for (const task of fresh) this.news.add(task.id);
    this.moreNews ||= fresh.length > 0 && fresh.length === page.tasks.length;
  }

  /** The rows within sight, as they are now. */
  async #refresh(first, last, signal, round) {
    const ids = [];
    for (let index = first; index < last; index++) {
      const task = this.row(index);
      if (task) ids.push(task.id);
    }
    if (!ids.length) return;
    const page = await get("tasks", { ids, limit: ids.length, count: "false" }, signal);
    if (round === this.round) this.#update(page.tasks);
  }

  #update(tasks) {
    const fresh = new Map(tasks.map((task) => [task.id, task]));
    for (const page of this.pages) page.tasks = page.tasks?.map((task) => fresh.get(task.id) || task) ?? null;
  }

  #query(more) {
    const { search, states, order, descending } = this.search;
    return { search, states, order, descending: String(descending), count: "false", ...more };
  }
}
