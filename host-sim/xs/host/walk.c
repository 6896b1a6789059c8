/*
	How deep the stack gets below each entry: below each timer, and each thing that the parent tells. The engine's own
	figure is taken where a function returns, and misses what was below that for a moment. So the free stack is painted before an
	entry, and what is no longer paint afterwards was in use; but a slot that was only set aside keeps its paint. The deeper of
	both counts.
*/

#include "host.h"

enum { ENTRIES = 96, PAINT = 0xa5 };
static HostEntry gxEntries[ENTRIES];
static int gxWalking = 0;
static txSlot* gxPeak;

/* The innermost call in a module of the firmware's that is no timer itself: "module:line". */
void hostPlace(txMachine* the, char* name, size_t size) {
	txSlot* frame = the->frame;
	txByte* code = the->code;
	txString module;
	txInteger line;
	name[0] = 0;
	for (; frame; code = frame->value.frame.code, frame = frame->next) {
		if (!code || !hostLine(code, &module, &line) || c_strstr(module, "timer")) continue;
		snprintf(name, size, "%s:%d", module, (int)line);
		return;
	}
}

void hostWalkBegin(void) { gxWalking = 1; }

void hostWalkTell(void) {
	int i;
	hostOutBegin(OUT_WALK);
	for (i = 0; (i < ENTRIES) && gxEntries[i].times; i++) {
		hostOutBytes(&gxEntries[i].deepest, sizeof(uint32_t));
		hostOutBytes(&gxEntries[i].times, sizeof(uint32_t));
		hostOutBytes(gxEntries[i].name, c_strlen(gxEntries[i].name) + 1);
	}
	hostOutEnd();
}

static HostEntry* find(const char* name) {
	HostEntry* entry = gxEntries;
	if (!gxWalking) return C_NULL;
	while ((entry < gxEntries + ENTRIES - 1) && entry->times && c_strncmp(entry->name, name, sizeof(entry->name) - 1)) entry++;
	if (!entry->times) snprintf(entry->name, sizeof(entry->name), "%s", name);
	entry->times++;
	return entry;
}

/* Notes how deep the stack is now. */
void hostDeep(txMachine* the, const char* name) {
	HostEntry* entry = find(name);
	uint32_t slots = (uint32_t)(the->stackTop - the->stack);
	if (entry && (slots > entry->deepest)) entry->deepest = slots;
}

HostEntry* hostEnter(txMachine* the, const char* name) {
	HostEntry* entry = find(name);
	if (!entry) return entry;
	gxPeak = the->stackPeak;
	the->stackPeak = the->stack;
	c_memset(the->stackBottom, PAINT, (txByte*)the->stack - (txByte*)the->stackBottom);
	return entry;
}

/*
	The stack grows downwards. Where the paint is whole for so many slots it ends: at the far end regular expressions keep
	their state while they have room there, and the engine does without where they have none.
*/
void hostLeave(txMachine* the, HostEntry* entry) {
	enum { END = 48 };
	txSlot *slot, *last = the->stack;
	if (!entry) return;
	for (slot = the->stack - 1; (slot >= the->stackBottom) && (slot > last - END); slot--) {
		uint8_t* at = (uint8_t*)slot;
		while ((at < (uint8_t*)(slot + 1)) && (*at == PAINT)) at++;
		if (at < (uint8_t*)(slot + 1)) last = slot;
	}
	if (the->stackPeak < last) last = the->stackPeak;
	if (gxPeak < the->stackPeak) the->stackPeak = gxPeak;
	if ((uint32_t)(the->stackTop - last) > entry->deepest) entry->deepest = (uint32_t)(the->stackTop - last);
}
