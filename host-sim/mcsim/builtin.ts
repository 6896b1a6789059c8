// Ecma-419's host provider in Moddable's desktop simulators. XS resolves relative names against the
// manifest's target name, and this one is "embedded:provider/builtin": hence a name of its own for the rest.

export { default } from "host-sim/mcsim/provider";
