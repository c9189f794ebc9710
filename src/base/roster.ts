/**
 * Who is under way now: joined and left thousands of times a second, and seldom walked. Takes the
 * place of a `Set` where members are short-lived. When the runtime's Set or Map makes room again, its
 * old storage keeps pointing to the new one; once one of them has grown old, all that follow are
 * kept with whoever stood in them, until a whole collection of garbage. Three quarters of all
 * calls outlived the quick collections in that way, which then took five times as long.
 */

/** Where a member stands; only its roster writes it. */
export interface Enrolled {
  /** {@link NOWHERE} while it is in none, as it begins. It may be in one at a time. */
  rosterPlace: number;
}

export const NOWHERE = -1;

/** A roster to those who only look. */
export interface Members<Member> extends Iterable<Member> {
  readonly size: number;
}

/** Joining and leaving take the same time whoever else is there. In no order. */
export class Roster<Member extends Enrolled> implements Members<Member> {
  readonly #members: Member[] = [];

  get size(): number {
    return this.#members.length;
  }

  /** Nothing happens when it is in already. */
  add(member: Member): void {
    if (member.rosterPlace !== NOWHERE) return;
    member.rosterPlace = this.#members.push(member) - 1;
  }

  /** Whether it was in. The last one takes its place. */
  delete(member: Member): boolean {
    const place = member.rosterPlace;
    if (place === NOWHERE) return false;
    member.rosterPlace = NOWHERE;
    const last = this.#members.pop();
    if (last !== undefined && last !== member) {
      this.#members[place] = last;
      last.rosterPlace = place;
    }
    return true;
  }

  /** Those who are in as the walk begins; they may leave on the way. */
  [Symbol.iterator](): Iterator<Member> {
    return this.#members.slice().values();
  }
}
