import { FoveaError } from "fovea";
import { readText, tsvRows } from "fovea/data";

/** Somebody or something, how it is related, and to what; in words. */
export type Fact = readonly [subject: string, relation: string, object: string];

/** Facts, looked up by whom they are about. */
export class Facts {
  readonly #bySubject = new Map<string, Fact[]>();

  constructor(facts: Iterable<Fact>) {
    for (const fact of facts) this.#bySubject.set(fact[0], [...this.#of(fact[0]), fact]);
  }

  get size(): number {
    return [...this.#bySubject.values()].reduce((sum, facts) => sum + facts.length, 0);
  }

  /** What is known of those that `text` names, in the order in which it names them, and then of what that leads to, `hops` times in all. */
  about(text: string, hops = 2): Fact[] {
    const place = (subject: string): number => ` ${text} `.indexOf(` ${subject} `);
    const named = [...this.#bySubject.keys()].filter((subject) => place(subject) >= 0);
    let subjects = named.sort((a, b) => place(a) - place(b));
    const found = new Set<Fact>();
    for (let hop = 0; hop < hops; hop += 1) {
      const facts = subjects.flatMap((subject) => this.#of(subject)).filter((fact) => !found.has(fact));
      for (const fact of facts) found.add(fact);
      subjects = facts.map(([, , object]) => object);
    }
    return [...found];
  }

  #of(subject: string): Fact[] {
    return this.#bySubject.get(subject) ?? [];
  }
}

/** From a TSV file of three columns without a header: subject, relation, object. */
export async function readFacts(path: string): Promise<Facts> {
  const facts: Fact[] = [];
  for await (const { line, fields } of tsvRows(readText(path))) {
    if (fields.length !== 3 || fields.includes(""))
      throw new FoveaError(
        "DATA",
        `${path}:${line}: a subject, a relation and an object are needed, got ${JSON.stringify(fields)}`,
      );
    facts.push(fields as unknown as Fact);
  }
  return new Facts(facts);
}
