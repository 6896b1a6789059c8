// The C3's provider: only the memory of this board is smaller. The SDK looks for one in each board's folder.

export { default } from "drivers/boards/esp32c3/host/provider";
