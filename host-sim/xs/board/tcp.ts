// The name of the TCP socket on a board.

export { default } from "host-sim/xs/board/socket";
