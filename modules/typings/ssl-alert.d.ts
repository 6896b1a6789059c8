// The SDK's alerts.

import type { Protocol } from "sdk/session";

declare const alert: Protocol;
export default alert;
