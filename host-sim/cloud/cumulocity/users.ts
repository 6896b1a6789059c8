// The device users of a tenant: who may connect with a password instead of a certificate.

/** As operators see it: without the password. */
export interface DeviceUser {
	readonly name: string;
	/** The only device it may connect as; nothing: any. */
	readonly device?: string;
	readonly enabled: boolean;
}

export interface NewUser {
	name: string;
	password: string;
	device?: string;
}

/** Bound of the list, which operators and devices fill. */
const MOST = 1000;

export class DeviceUsers {
	readonly #users = new Map<string, DeviceUser>();
	readonly #passwords = new Map<string, string>();

	list(): DeviceUser[] {
		return [...this.#users.values()];
	}

	get(name: string): DeviceUser | undefined {
		return this.#users.get(name);
	}

	/** Adds a user or gives it a new password; false when there are too many. */
	put({ name, password, device }: NewUser): boolean {
		if (!this.#users.has(name) && this.#users.size >= MOST) return false;
		this.#users.set(name, { name, enabled: true, ...(device !== undefined && { device }) });
		this.#passwords.set(name, password);
		return true;
	}

	/** Whoever is connected stays so; the next CONNECT is judged anew. False: there is no such user. */
	change(name: string, { enabled, password }: { enabled?: boolean; password?: string }): boolean {
		const user = this.#users.get(name);
		if (!user) return false;
		if (enabled !== undefined) this.#users.set(name, { ...user, enabled });
		if (password !== undefined) this.#passwords.set(name, password);
		return true;
	}

	/** The user, if it is enabled and this is its password. */
	admit(name: string, password: string): DeviceUser | undefined {
		const user = this.#users.get(name);
		return user?.enabled && this.#passwords.get(name) === password ? user : undefined;
	}
}
