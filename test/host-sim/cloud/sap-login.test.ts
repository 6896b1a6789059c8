// Who may do what on the operator's side of the SAP IoT stand-in.
import assert from "node:assert/strict";
import { DEFAULT_LOGIN } from "../../../host-sim/cloud/sap/login.js";
import { type Answer, ask, useCloud } from "./fixture.js";

const BODY = { name: "c", properties: [{ name: "p", dataType: "float" }] };
const basic = (user: string, password: string) =>
	`Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
const { user: USER, password: PASSWORD } = DEFAULT_LOGIN;

for (const [name, sap, user, password] of [
	["as it comes", {}, USER, PASSWORD],
	["with a login of one's own", { login: { user: "jo", password: "a:b é" } }, "jo", "a:b é"],
] as const)
	describe(`the login of SAP IoT's operators, ${name}`, () => {
		const used = useCloud({ cloud: "sap", sap });
		const call = (path: string, authorization?: string, body?: unknown): Promise<Answer> =>
			ask(`${used.cloud.operatorUrl}/iot/core/api/v1/${path}`, {
				...(body === undefined ? {} : { method: "POST", body }),
				headers: authorization === undefined ? {} : { authorization },
			});

		it("takes the right one everywhere", async () => {
			assert.equal((await call("capabilities", basic(user, password), BODY)).status, 200);
			assert.equal((await call("capabilities", basic(user, password))).status, 200);
		});

		for (const [what, authorization, words] of [
			["another password", basic(user, `${password}x`), /user or the password is wrong/],
			["no password", basic(user, ""), /user or the password is wrong/],
			["another user", basic(`${user}x`, password), /user or the password is wrong/],
			["another scheme", "Bearer abc", /Basic authentication/],
			["what is not base64", "Basic §", /Basic authentication/],
		] as const)
			it(`refuses ${what} for making and for reading`, async () => {
				for (const body of [BODY, undefined]) {
					// A header has bytes, and Node writes them as Latin-1.
					const { status, body: answer } = await call("capabilities", authorization, body);
					assert.equal(status, 401);
					assert.match(answer.message, words);
					assert.ok(!answer.message.includes(password));
				}
				assert.equal((await call("capabilities")).body.length, 2);
			});

		it("lets nobody make anything without it, and tells so before it reads the body", async () => {
			for (const path of ["capabilities", "sensorTypes", "devices", "sensors"]) {
				const { status, body } = await call(path, undefined, "{");
				assert.deepEqual([path, status, body.error], [path, 401, "unauthorized"]);
			}
			used.cloud.sap.model.ensure("mote-1");
			for (const form of ["pem", "p12"])
				assert.equal((await call(`devices/5/authentications/clientCertificate/${form}`)).status, 401);
		});

		it("leaves reading open, as it was", async () => {
			assert.equal((await call("devices")).status, 200);
		});
	});

describe("the login of SAP IoT's operators, everywhere", () => {
	const used = useCloud({ cloud: "sap", sap: { login: { ...DEFAULT_LOGIN, everywhere: true } } });

	it("is needed for reading too, and the answer names the scheme", async () => {
		const url = `${used.cloud.operatorUrl}/iot/core/api/v1/devices`;
		const answer = await fetch(url);
		assert.equal(answer.status, 401);
		assert.match(answer.headers.get("www-authenticate") ?? "", /^Basic realm=/);
		const headers = { authorization: basic(USER, PASSWORD) };
		assert.equal((await fetch(url, { headers })).status, 200);
	});
});
