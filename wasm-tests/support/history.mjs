// Recorded histories held against a model. A code is a register that is written once: whoever writes it first has it,
// and everyone after reads that it is gone.

/**
 * Whether the operations on one code could have happened one after the other, each at some moment between its first
 * asking and its last answer, with these answers. An operation is {who, asked, answered, jti} if it was granted and
 * {who, asked, answered} if it was told that the code is spent; a client that got no answer and asked again is one
 * operation from the first asking on. Returns what is wrong, or nothing.
 */
export function impossible(operations) {
  const granted = operations.filter(({ jti }) => jti !== undefined);
  const spent = operations.filter(({ jti }) => jti === undefined);
  if (granted.length > 1) return `${granted.length} were granted: ${granted.map(({ who }) => who).join(", ")}`;
  if (granted.length === 0) return operations.length > 0 ? "it was spent and nobody has it" : undefined;
  const [winner] = granted;
  const early = spent.find(({ answered }) => answered < winner.asked);
  return early && `${early.who} was told that it is spent before ${winner.who}, who has it, had asked`;
}

/** One operation for each client out of its tries, of which all but the last got no answer. */
export function operations(history) {
  const byClient = new Map();
  for (const { who, asked, answered, status, jti } of history) {
    const known = byClient.get(who);
    byClient.set(who, { who, asked: Math.min(asked, known?.asked ?? asked), answered: Math.max(answered, known?.answered ?? 0), status: status || known?.status, jti: jti ?? known?.jti });
  }
  return [...byClient.values()];
}
