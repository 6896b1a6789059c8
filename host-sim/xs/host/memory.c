/* The machine's memory, exactly as large as the board's, and exact counts of what is taken from it. */

#include "host.h"

struct HostCounters gxCounters;

/* The root machine, which becomes the read-only image, lies in one region; pages come with their first use. */
enum { ROM_SIZE = 96 * 1024 * 1024 };
static uint8_t* gxRom = C_NULL;
static size_t gxRomUsed = 0;
static int gxRomSealed = 0;

void* hostRomAllocate(size_t size) {
	void* at = C_NULL;
	if (!gxRom) gxRom = mmap(C_NULL, ROM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
	size = (size + 15) & ~(size_t)15;
	if ((gxRom != MAP_FAILED) && (gxRomUsed + size <= ROM_SIZE)) {
		at = gxRom + gxRomUsed;
		gxRomUsed += size;
	}
	return at;
}

void hostRomProtect(void) {
	mprotect(gxRom, ROM_SIZE, PROT_READ);
	gxRomSealed = 1;
}

int hostRomHolds(void* address) { return (gxRom <= (uint8_t*)address) && ((uint8_t*)address < gxRom + ROM_SIZE); }

/* What runs on no board: large enough to link any program. The clone uses its tables of names, so they have one size. */
txMachine* hostNewRoot(txCreation* board) {
	txCreation creation = {
		8 * 1024 * 1024, 1024 * 1024, /* chunks */
		256 * 1024, 64 * 1024, /* slots */
		16 * 1024, /* stack */
		16 * 1024, 1024, /* keys */
		board->nameModulo, board->symbolModulo,
		64 * 1024, 1993, /* parser */
		0
	};
	return fxCreateMachine(&creation, "image", C_NULL, XS_NO_ID);
}

/* With a static size, slots and chunks grow towards each other in one block (modCloneMachine of the SDK). */
txMachine* hostNewMachine(txCreation* creation, txMachine* root) {
	uint8_t* block[2] = { C_NULL, C_NULL };
	txMachine* the;
	if (creation->staticSize) {
		block[0] = c_malloc(creation->staticSize);
		block[1] = block[0] + creation->staticSize;
	}
	the = fxCloneMachine(creation, root, "board", block);
	if (the) the->context = C_NULL;
	return the;
}

void* fxAllocateChunks(txMachine* the, txSize size) {
	txBlock* block = the->firstBlock;
	void* at = C_NULL;
	if (!gxRomSealed) return hostRomAllocate(size);
	if (!the->stackBottom && !the->heap) {
		uint8_t** context = the->context;
		the->heap = the->heap_ptr = context[0];
		the->heap_pend = context[1];
	}
	if (!the->heap) return c_malloc(size);
	if (block) { /* grows by what is missing beside its free end */
		txSize grow = size - sizeof(txBlock) - (txSize)(block->limit - block->current);
		if (the->heap_ptr + grow > the->heap_pend) return C_NULL;
		the->heap_ptr += grow;
		at = block->limit = (txByte*)the->heap_ptr - size; /* fxGrowChunks adds size to both */
		the->maximumChunksSize += grow - size;
	}
	else if (the->heap_ptr + size <= the->heap_pend) {
		at = the->heap_ptr;
		the->heap_ptr += size;
	}
	return at;
}

static void* fromEnd(txMachine* the, txSize size) {
	return the->heap_pend - size < the->heap_ptr ? C_NULL : (the->heap_pend -= size);
}

txSlot* fxAllocateSlots(txMachine* the, txSize count) {
	txSize size = count * (txSize)sizeof(txSlot);
	txSlot* result;
	if (!gxRomSealed) return hostRomAllocate(size);
	if (!the->heap) return c_malloc(size);
	result = fromEnd(the, size);
	if (!result && the->firstBlock) {
		fxCollect(the, XS_COMPACT_FLAG | XS_ORGANIC_FLAG); /* room from the chunks' end */
		the->maximumChunksSize -= (txSize)(the->firstBlock->limit - the->firstBlock->current);
		the->heap_ptr = (uint8_t*)the->firstBlock->current;
		the->firstBlock->limit = the->firstBlock->current;
		result = fromEnd(the, size);
	}
	return result;
}

/* The machine lives as long as the process. */
void fxFreeChunks(txMachine* the, void* chunks) { (void)the; (void)chunks; }
void fxFreeSlots(txMachine* the, void* slots) { (void)the; (void)slots; }

/*
	xsMemory.c is compiled with its own names for these five (see build.ts), so that every call from elsewhere comes by
	here. Calls inside xsMemory.c are part of one that was counted.
*/
extern txSlot* xsNewSlot(txMachine* the);
extern txSlot* xsDuplicateSlot(txMachine* the, txSlot* slot);
extern void* xsNewChunk(txMachine* the, txSize size);
extern void* xsNewGrowableChunk(txMachine* the, txSize size, txSize capacity);
extern void* xsRenewChunk(txMachine* the, void* data, txSize size);

static void* countChunk(void* data, txByte* from) {
	txByte* to = ((txChunk*)((txByte*)data - sizeof(txChunk)))->temporary;
	gxCounters.chunks++;
	gxCounters.chunkBytes += (uint64_t)(to - from);
	return data;
}

static void* countWhole(void* data) { return countChunk(data, (txByte*)data - sizeof(txChunk)); }

txSlot* fxNewSlot(txMachine* the) { gxCounters.slots++; return xsNewSlot(the); }
txSlot* fxDuplicateSlot(txMachine* the, txSlot* slot) { gxCounters.slots++; return xsDuplicateSlot(the, slot); }
void* fxNewChunk(txMachine* the, txSize size) { return countWhole(xsNewChunk(the, size)); }
void* fxNewGrowableChunk(txMachine* the, txSize size, txSize capacity) { return countWhole(xsNewGrowableChunk(the, size, capacity)); }

/* Growing in place takes memory too; what fits into a chunk's spare room does not. */
void* fxRenewChunk(txMachine* the, void* data, txSize size) {
	txChunk* chunk = (txChunk*)((txByte*)data - sizeof(txChunk));
	txByte* before = chunk->temporary;
	void* result = xsRenewChunk(the, data, size);
	return result && (chunk->temporary > before) ? countChunk(result, before) : result;
}
