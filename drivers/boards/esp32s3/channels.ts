// What this board measures. docs/sensors.md says how to add a sensor of your own.

import { channelTable } from "../../../modules/core/channel-table.js";
import { DEFAULT_CHANNELS } from "../../../modules/core/default-channels.js";
import { ESP32S3 } from "../../esp32.js";
import { PINS } from "./pins.js";

export const CHANNELS = channelTable({ ...DEFAULT_CHANNELS }, PINS, ESP32S3);
