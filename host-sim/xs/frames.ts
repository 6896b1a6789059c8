// Numbers of the frames between a machine on XS and its parent: shared by both sides, and by host/host.h for
// the first ones.

/** Script → parent. The values behind are listed in this order. */
export const Out = Object.freeze({
	/** socket, address, port */
	Connect: 32,
	/** socket, address, port, server name, ALPN or "", CA or undefined, key or undefined, certificates… */
	ConnectTls: 33,
	/** socket, bytes */
	Write: 34,
	/** socket, bytes that the firmware has read */
	Taken: 35,
	/** socket */
	Close: 36,
	/** pin, Hz, duty 0 to 1 */
	Pwm: 37,
	/** pin, level */
	Digital: 38,
	/** pin → counts */
	Analog: 39,
	/** pin → level */
	Level: 40,
	/** pin, whether edges are wanted */
	Watch: 41,
	/** name → bytes or undefined */
	Resource: 42,
	/** domain, key → value or undefined */
	PreferenceGet: 43,
	/** domain, key, value; without a value: delete */
	PreferenceSet: 44,
	/** number, host name */
	Resolve: 45,
	Restart: 46,
	/** Number of an observer's method (EVENTS of host-sim/engine/narration.ts), its arguments */
	Seen: 47,
	/** Numbers of NodeStatus in its order */
	Status: 48,
	Stopped: 49,
	/** → bytes of the partition, and of a sector */
	FlashBytes: 50,
	FlashSector: 51,
	/** sector */
	FlashErase: 52,
	/** offset, length → bytes */
	FlashRead: 53,
	/** offset, length, bytes of at least that length */
	FlashWrite: 54,
	/** address, bytes → whether they were acknowledged */
	I2cWrite: 55,
	/** address, length → the first six bytes as one number, the first the highest; -1: not acknowledged */
	I2cRead: 56,
	/** position in what was read last → the six bytes from there */
	I2cMore: 57,
	/** count → bytes */
	Random: 58,
	/** name of the digest, text → bytes */
	Digest: 59,
} as const);

/** Parent → script: `kind` of `handle`. */
export const In = Object.freeze({
	/** socket, bytes waiting */
	Data: 1,
	/** socket, bytes that have left */
	Written: 2,
	/** socket; the text says why */
	Closed: 3,
	/** pin, number of rising edges */
	Edges: 4,
	/** number; the text is the address, or empty */
	Resolved: 5,
	/** one of Control */
	Control: 6,
} as const);

export const Control = Object.freeze({ StopSampling: 0, Status: 1, Stop: 2 } as const);
