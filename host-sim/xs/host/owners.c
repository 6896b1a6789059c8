/*
	What lives in the machine, by owner. An owner is an instance of a class of a module; to it belongs what it reaches
	before it meets another owner. Owners take their turns breadth first from an instance of the class that is asked for,
	so that a value belongs to the one that is nearest; what a second one reaches too is told apart.

	The engine itself marks what an owner reaches: its marker stops where a slot is marked, so the owners are, all but the one
	whose turn it is. Afterwards no slot and no chunk is marked, as the engine leaves them.
*/

#include "xsMemory.c" /* in the place of the file itself: its marker is static */
#include "host.h"

typedef struct { txSlot* slot; char* module; char name[64]; int queued; } Owner;
typedef struct { int owner; int reached; } Share; /* the first owner and 1, or -1; how many owners reach it */

static txSlot** gxLive;
static Share* gxSlotShares;
static int gxLiveCount;
static Owner* gxOwners;
static int gxOwnerCount;

#define FLAG 0x80000000

static void eachSlot(txMachine* the, void (*visit)(txSlot*)) {
	txSlot* heap;
	for (heap = the->firstHeap; heap; heap = heap->next) {
		txSlot *slot = heap + 1, *limit = heap->value.reference;
		for (; slot < limit; slot++) visit(slot);
	}
}

static void unmarkSlot(txSlot* slot) { slot->flag &= ~XS_MARK_FLAG; }
static void keepLive(txSlot* slot) { if (slot->flag & XS_MARK_FLAG) gxLive[gxLiveCount++] = slot; }

static txChunk* nextChunk(txChunk* chunk) { return (txChunk*)((txByte*)chunk + (chunk->size & ~FLAG)); }

/* The chunks of every block, numbered from 0 in the order in which they lie. Returns how many. */
static int eachChunk(txMachine* the, void (*visit)(txChunk*, int)) {
	txBlock* block;
	int count = 0;
	for (block = the->firstBlock; block; block = block->nextBlock) {
		txChunk* chunk = (txChunk*)(block + 1);
		for (; (txByte*)chunk < block->current; chunk = nextChunk(chunk)) {
			if (visit) visit(chunk, count);
			count++;
		}
	}
	return count;
}

static Share* gxChunkShares;
static int gxTurn;

static void unmarkChunk(txChunk* chunk, int number) { (void)number; chunk->size &= ~FLAG; }
static void noteChunk(txChunk* chunk, int number) {
	Share* share = gxChunkShares + number;
	if (!(chunk->size & FLAG)) return;
	if (share->owner < 0) share->owner = gxTurn;
	share->reached++;
}

static void unmark(txMachine* the) {
	eachSlot(the, unmarkSlot);
	eachChunk(the, unmarkChunk);
}

/* The class of an instance: the constructor of its prototype, where that comes from a module. */
static int isOwner(txMachine* the, txSlot* slot, Owner* owner) {
	txSlot *prototype, *property, *code;
	txInteger line;
	txString module;
	char* name;
	if ((slot->kind != XS_INSTANCE_KIND) || !(prototype = slot->value.instance.prototype)) return 0;
	for (property = prototype->next; property; property = property->next)
		if ((property->ID == mxID(_constructor)) && (property->kind == XS_REFERENCE_KIND)) break;
	if (!property) return 0;
	code = property->value.reference->next;
	if (!code || ((code->kind != XS_CODE_KIND) && (code->kind != XS_CODE_X_KIND))) return 0;
	if (!hostLine(code->value.code.address, &module, &line)) return 0;
	name = fxGetKeyName(the, code->ID);
	owner->slot = slot;
	owner->module = module;
	owner->queued = 0;
	snprintf(owner->name, sizeof(owner->name), "%s", name ? name : "");
	return 1;
}

static int ownerOf(txSlot* slot) {
	int i;
	for (i = 0; i < gxOwnerCount; i++) if (gxOwners[i].slot == slot) return i;
	return -1;
}

static int* gxQueue;
static int gxQueued;

static void enqueue(txSlot* instance) {
	int owner = instance ? ownerOf(instance) : -1;
	if ((owner < 0) || gxOwners[owner].queued) return;
	gxOwners[owner].queued = 1;
	gxQueue[gxQueued++] = owner;
}

/* The owners that a slot leads to. */
static void follow(txSlot* slot) {
	txIndex i, length;
	switch (slot->kind) {
	case XS_REFERENCE_KIND: enqueue(slot->value.reference); break;
	case XS_CLOSURE_KIND:
		if (slot->value.closure && (slot->value.closure->kind == XS_REFERENCE_KIND)) enqueue(slot->value.closure->value.reference);
		break;
	case XS_ARRAY_KIND:
		if (!slot->value.array.address) break;
		length = slot->value.array.length;
		for (i = 0; i < length; i++) {
			txSlot* item = slot->value.array.address + i;
			if (item->kind == XS_REFERENCE_KIND) enqueue(item->value.reference);
		}
		break;
	}
}

static void guard(void) {
	int i;
	for (i = 0; i < gxOwnerCount; i++) gxOwners[i].slot->flag |= XS_MARK_FLAG;
}

/* One owner's turn: what it reaches, and no owner before it, is its own. */
static void turn(txMachine* the, int owner) {
	int i;
	unmark(the);
	guard();
	gxTurn = owner;
	gxOwners[owner].slot->flag &= ~XS_MARK_FLAG;
	fxMarkInstance(the, gxOwners[owner].slot, fxMarkValue);
	for (i = 0; i < gxLiveCount; i++) {
		txSlot* slot = gxLive[i];
		Share* share = gxSlotShares + i;
		int other = slot->kind == XS_INSTANCE_KIND ? ownerOf(slot) : -1;
		if (!(slot->flag & XS_MARK_FLAG) || ((other >= 0) && (other != owner))) continue;
		if (share->owner < 0) {
			share->owner = owner;
			follow(slot);
		}
		share->reached++;
	}
	eachChunk(the, noteChunk);
}

typedef struct { uint32_t slots, bytes, sharedSlots, sharedBytes; } Sum;
static Sum* gxSums;

static void addChunk(txChunk* chunk, int number) {
	Share* share = gxChunkShares + number;
	uint32_t size = chunk->size & ~FLAG;
	Sum* sum = gxSums + (share->owner < 0 ? gxOwnerCount : share->owner);
	if (share->reached > 1) sum->sharedBytes += size;
	else sum->bytes += size;
}

static void tell(const char* module, const char* name, Sum* sum) {
	hostOutBytes(sum, sizeof(*sum));
	hostOutBytes(module, c_strlen(module) + 1);
	hostOutBytes(name, c_strlen(name) + 1);
}

/* To be followed by the end of the machine. */
void hostOwners(txMachine* the, const char* root) {
	Owner owner;
	int i, chunks, most;
	fxCollectGarbage(the);
	most = (int)the->currentHeapCount + 64;
	gxLive = c_malloc(most * sizeof(txSlot*));
	fxMark(the, fxMarkValue);
	eachSlot(the, keepLive);
	unmark(the);
	gxSlotShares = c_malloc(gxLiveCount * sizeof(Share));
	for (i = 0; i < gxLiveCount; i++) gxSlotShares[i].owner = -1, gxSlotShares[i].reached = 0;
	chunks = eachChunk(the, C_NULL);
	gxChunkShares = c_malloc(chunks * sizeof(Share));
	for (i = 0; i < chunks; i++) gxChunkShares[i].owner = -1, gxChunkShares[i].reached = 0;
	gxOwners = c_malloc(gxLiveCount * sizeof(Owner));
	for (i = 0; i < gxLiveCount; i++) if (isOwner(the, gxLive[i], &owner)) gxOwners[gxOwnerCount++] = owner;
	gxQueue = c_malloc(gxOwnerCount * sizeof(int));
	for (i = 0; i < gxOwnerCount; i++) if (!c_strcmp(gxOwners[i].name, root)) enqueue(gxOwners[i].slot);
	for (i = 0; i < gxQueued; i++) turn(the, gxQueue[i]);
	/* What the node does not lead to: the host's own. */
	for (most = 0; most < gxOwnerCount; most++)
		if (!gxOwners[most].queued) for (enqueue(gxOwners[most].slot); i < gxQueued; i++) turn(the, gxQueue[i]);
	unmark(the);
	gxSums = c_malloc((gxOwnerCount + 1) * sizeof(Sum));
	c_memset(gxSums, 0, (gxOwnerCount + 1) * sizeof(Sum));
	for (i = 0; i < gxLiveCount; i++) {
		Share* share = gxSlotShares + i;
		Sum* sum = gxSums + (share->owner < 0 ? gxOwnerCount : share->owner);
		if (share->reached > 1) sum->sharedSlots++;
		else sum->slots++;
	}
	eachChunk(the, addChunk);
	hostOutBegin(OUT_OWNERS);
	for (i = 0; i < gxQueued; i++) tell(gxOwners[gxQueue[i]].module, gxOwners[gxQueue[i]].name, gxSums + gxQueue[i]);
	tell("", "", gxSums + gxOwnerCount); /* what no owner reaches */
	hostOutEnd();
}
