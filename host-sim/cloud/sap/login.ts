// Basic authentication (RFC 7617) of the SAP IoT stand-in's operators.
import { createHash, timingSafeEqual } from "node:crypto";
import { HttpError } from "../http.js";

export interface SapLogin {
	user: string;
	password: string;
	/**
	 * Reading and commands need it too, as in the service. Otherwise they are open to every user of this
	 * machine, and only what makes entities and certificates needs it.
	 */
	everywhere?: boolean;
}

/** No secret: it opens a stand-in on this machine only. */
export const DEFAULT_LOGIN: SapLogin = { user: "operator", password: "stand-in" };

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

export class Login {
	private readonly expected: Buffer;
	private readonly everywhere: boolean;

	constructor({ user, password, everywhere = false }: SapLogin) {
		if (user === "" || user.includes(":")) throw new Error("the operator's user is empty or has a colon");
		this.expected = digest(`${user}:${password}`);
		this.everywhere = everywhere;
	}

	/** For what has no need of it; credentials that are given have to be right all the same. */
	readonly checked = (authorization: string | undefined): void => {
		if (authorization !== undefined || this.everywhere) this.demanded(authorization);
	};

	readonly demanded = (authorization: string | undefined): void => {
		const [, encoded] = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization ?? "") ?? [];
		if (encoded === undefined)
			throw new HttpError(401, "unauthorized", "this needs a user and a password (Basic authentication)");
		const given = digest(Buffer.from(encoded, "base64").toString("utf8"));
		if (!timingSafeEqual(given, this.expected))
			throw new HttpError(401, "unauthorized", "the user or the password is wrong");
	};
}
