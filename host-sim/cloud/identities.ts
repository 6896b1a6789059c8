// Development identities on disk: a CA, the embedded broker's certificate and one certificate per device.
import { join } from "node:path";
import { PUBLIC, SECRET } from "../../certs/library/folder.js";
import { type IssuedPair, issueAuthority, issueLeaf, pemToDer, unusable } from "../../certs/library/issue.js";
import { checkDeviceId, folderName } from "../../certs/library/names.js";
import { exclusively, makePrivateFolder, readText, writeWhole } from "../../certs/library/private-folder.js";

export interface DeviceIdentity {
	certPem: string;
	/** Leaf, then CA. */
	chainPem: string;
	keyPem: string;
	certDer: Uint8Array;
	/** Unencrypted PKCS#8, the form the board's TLS reads. */
	keyDer: Uint8Array;
	folder: string;
	files: { cert: string; chain: string; key: string; certDer: string; keyDer: string };
}

export interface Identities {
	readonly folder: string;
	readonly ca: { pem: string; der: Uint8Array };
	readonly server: { certPem: string; chainPem: string; keyPem: string };
	/** The identity of a device, made when there is none that can be used. */
	device(name: string, commonName: string): Promise<DeviceIdentity>;
	/** A new client certificate of the CA with its key, which is kept nowhere. */
	issue(commonName: string): Promise<IssuedPair>;
}

const SERVER_NAME = "localhost";
const COMMON_NAME_LIMIT = 200;

function leafOf(chainPem: string): string {
	const end = "-----END CERTIFICATE-----";
	const at = chainPem.indexOf(end);
	return at < 0 ? chainPem : `${chainPem.slice(0, at + end.length)}\n`;
}

function checkCommonName(commonName: string, who: string): void {
	if (commonName === "" || commonName.length > COMMON_NAME_LIMIT || /\p{Cc}/u.test(commonName))
		throw new Error(`the common name of ${who} is empty, too long or not printable`);
}

async function readPair(certPath: string, keyPath: string): Promise<IssuedPair | undefined> {
	const [certPem, keyPem] = await Promise.all([readText(certPath), readText(keyPath)]);
	return certPem === undefined || keyPem === undefined ? undefined : { certPem, keyPem };
}

async function openAuthority(folder: string): Promise<IssuedPair> {
	const certPath = join(folder, "ca.pem");
	const keyPath = join(folder, "ca-key.pem");
	let ca = await readPair(certPath, keyPath);
	if (!ca || unusable(ca, ca.certPem)) {
		// As `npm run certs -- ca` makes one: a broker of one's own may have an authority in between.
		ca = await issueAuthority(1);
		await writeWhole(keyPath, ca.keyPem, SECRET);
		await writeWhole(certPath, ca.certPem, PUBLIC);
	}
	await writeWhole(join(folder, "ca.der"), pemToDer(ca.certPem), PUBLIC);
	return ca;
}

async function openServer(folder: string, ca: IssuedPair): Promise<Identities["server"]> {
	const chainPath = join(folder, "server.pem");
	const keyPath = join(folder, "server-key.pem");
	const stored = await readPair(chainPath, keyPath);
	let pair = stored && { certPem: leafOf(stored.certPem), keyPem: stored.keyPem };
	if (!pair || unusable(pair, ca.certPem, SERVER_NAME)) {
		pair = await issueLeaf(ca, SERVER_NAME, "server");
		await writeWhole(keyPath, pair.keyPem, SECRET);
		await writeWhole(chainPath, pair.certPem + ca.certPem, PUBLIC);
	}
	return { certPem: pair.certPem, chainPem: pair.certPem + ca.certPem, keyPem: pair.keyPem };
}

async function openDevice(folder: string, ca: IssuedPair, commonName: string): Promise<DeviceIdentity> {
	await makePrivateFolder(folder);
	const files = {
		cert: join(folder, "cert.pem"),
		chain: join(folder, "chain.pem"),
		key: join(folder, "key.pem"),
		certDer: join(folder, "cert.der"),
		keyDer: join(folder, "key.pk8"),
	};
	let pair = await readPair(files.cert, files.key);
	if (!pair || unusable(pair, ca.certPem, commonName)) {
		pair = await issueLeaf(ca, commonName, "client");
		await writeWhole(files.key, pair.keyPem, SECRET);
		await writeWhole(files.cert, pair.certPem, PUBLIC);
	}
	const chainPem = pair.certPem + ca.certPem;
	const certDer = pemToDer(pair.certPem);
	const keyDer = pemToDer(pair.keyPem);
	// The derived forms are written each time, so that they can never belong to an older pair.
	await writeWhole(files.chain, chainPem, PUBLIC);
	await writeWhole(files.certDer, certDer, PUBLIC);
	await writeWhole(files.keyDer, keyDer, SECRET);
	return { ...pair, chainPem, certDer, keyDer, folder, files };
}

export async function openIdentities(folder: string): Promise<Identities> {
	await makePrivateFolder(folder);
	const { ca, server } = await exclusively(folder, async () => {
		const authority = await openAuthority(folder);
		return { ca: authority, server: await openServer(folder, authority) };
	});
	return {
		folder,
		ca: { pem: ca.certPem, der: pemToDer(ca.certPem) },
		server,
		async device(name, commonName) {
			checkDeviceId(name);
			checkCommonName(commonName, `device ${JSON.stringify(name)}`);
			const devices = join(folder, "devices");
			await makePrivateFolder(devices);
			return exclusively(folder, () => openDevice(join(devices, folderName(name)), ca, commonName));
		},
		async issue(commonName) {
			checkCommonName(commonName, "a certificate");
			return issueLeaf(ca, commonName, "client");
		},
	};
}
