// The C3's provider, with the channels of this board.

import c3 from "drivers/boards/esp32c3/host/provider";
import { CHANNELS } from "drivers/boards/esp32c3-station/channels";

export default Object.freeze({ ...c3, channels: CHANNELS });
