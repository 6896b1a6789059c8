/* The host of one XS machine: a board's memory around the engine, and a pipe to the parent that lends it the world. */
#ifndef MOTE_XS_HOST
#define MOTE_XS_HOST

#include "xsAll.h"
#include "xsScript.h"

/* Of the engine, but in none of its headers. */
extern txInteger _xsmcGetBuffer(txMachine* the, txSlot* slot, void** data, txUnsigned* count, txBoolean writable);
extern void fxRemapIDs(txMachine* the, txByte* code, txSize size, txID* ids);

/* Exit codes: 100 and the engine's own status; 139 as a shell reports a write to protected memory. */
enum { EXIT_USAGE = 2, EXIT_ENGINE = 100, EXIT_LINK = 110, EXIT_FLASH = 139 };

/* Frames are: uint32 length of the payload, uint8 type, payload; little-endian. From the parent: */
enum {
	IN_MODULE = 1, /* uint8 preload, name, 0, source */
	IN_START, /* float64 now, float64 epoch, float64 seed, name of the main module */
	IN_TICK, /* float64 now: fires what is due */
	IN_CALL, /* float64 now, int32 kind, int32 id, bytes: goes to the script's handler */
	IN_EPOCH, /* float64: what has to be added to `now` for the time of day, ms */
	IN_REPLY, /* uint8 tag, value: answers `ask` */
	IN_STATS, /* uint8: 1 after a full collection */
	IN_WALK, /* uint8 0: tells how deep the stack got below each entry */
	IN_OWNERS, /* name of a class: tells what lives, by owner, breadth first from its instance */
};
/* The kind of IN_CALL whose bytes go to a socket's receive buffer. */
enum { KIND_DATA = 1 };
/* To the parent: */
enum {
	OUT_IDLE = 1, /* uint32 frames handled, float64 next deadline or -1 */
	OUT_TRACE, /* text */
	OUT_STATS, /* float64 each, see frames.c */
	OUT_CRASH, /* int32 exit code, then texts that end with 0: what, detail, calls */
	OUT_WALK, /* for each entry: uint32 slots at most, uint32 times, its name, 0 */
	OUT_OWNERS, /* for each owner: uint32 slots, bytes, shared slots, shared bytes; its module, 0, its class, 0 */
	OUT_SCRIPT = 32, /* and above: the script's own, with tagged values */
	OUT_WRITE = 34, OUT_FLASH_WRITE = 54,
};
enum { TAG_UNDEFINED, TAG_NUMBER, TAG_STRING, TAG_BYTES, TAG_TRUE, TAG_FALSE, TAG_LIST };

/* memory.c: what was taken so far, the machines, and the pages of the read-only image */
extern struct HostCounters { uint64_t slots, chunks, chunkBytes; } gxCounters;
extern txMachine* hostNewRoot(txCreation* board);
extern txMachine* hostNewMachine(txCreation* creation, txMachine* root);
extern void* hostRomAllocate(size_t size);
extern void hostRomProtect(void);
extern int hostRomHolds(void* address);
/* image.c */
extern void hostFreeze(txMachine* root);
/* loader.c */
extern void hostAddModule(char* payload, txSize size);
extern void hostLoadModules(txMachine* root, int lines);
extern txBoolean hostLine(txByte* code, txString* name, txInteger* line);
/* crash.c */
extern void hostCatchSignals(txMachine* the);
extern void hostFail(int code, const char* what, const char* detail) XS_FUNCTION_NORETURN;
/* script.c */
extern void hostBuildScript(txMachine* root);
extern void hostReceive(txMachine* the, txInteger kind, txInteger id, uint8_t* bytes, size_t size);
extern void hostCall(txMachine* the, const char* name, txSlot* callback, txSlot* argument);
extern void hostImport(txMachine* the, txString name);
extern void hostRunMain(txMachine* the, txString name);
/* walk.c */
typedef struct { char name[96]; uint32_t deepest, times; } HostEntry;
extern void hostPlace(txMachine* the, char* name, size_t size);
extern HostEntry* hostEnter(txMachine* the, const char* name);
extern void hostLeave(txMachine* the, HostEntry* entry);
extern void hostDeep(txMachine* the, const char* name);
extern void hostWalkBegin(void);
extern void hostWalkTell(void);
/* owners.c */
extern void hostOwners(txMachine* the, const char* root);
/* frames.c */
extern void hostOutBegin(int type);
extern void hostOutBytes(const void* bytes, size_t size);
extern void hostOutEnd(void);
extern void hostOutFlush(void);
extern const uint8_t* hostAsk(size_t* size);
extern int hostServe(txCreation* creation, int lines);
/* timers.c */
extern double gxNow, gxEpoch;
extern void hostSeed(double seed);
extern txInteger hostTimerNew(txMachine* the, txSlot* callback, txSlot* self);
extern void hostTimerFree(txMachine* the, txInteger index);
extern void hostTimerArm(txInteger index, double ms, double repeat);
extern double hostTimerDue(void);
extern void hostTimersFire(txMachine* the);

#endif
