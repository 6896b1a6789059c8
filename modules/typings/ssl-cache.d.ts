// Likewise for the one session that can be resumed.

declare const sessions: { deleteSessionID(): void };
export default sessions;
