import { createConnection, type RowDataPacket } from "mysql2/promise";

/** Copy until nothing is left to do, or until little time is left. */
export async function handler(_: unknown, context: { getRemainingTimeInMillis(): number }) {
  const ssl = { ca: process.env.DATABASE_CA, verifyIdentity: true };
  const connection = await createConnection({ uri: process.env.DATABASE_URL, ssl });
  await connection.query("SET SESSION time_zone = '+00:00', lock_wait_timeout = 5");
  for (let roots = 0; ; ) {
    const [[[chunk]]] = await connection.query<RowDataPacket[][]>("CALL copy_orders_chunk(NULL)");
    roots += Number(chunk.roots);
    const rest = Number(chunk.next_wait_ms);
    if (chunk.state !== "copied" || context.getRemainingTimeInMillis() < 5000 + rest)
      return connection.end().then(() => ({ roots, state: chunk.state }));
    await new Promise((rested) => setTimeout(rested, rest));
  }
}
