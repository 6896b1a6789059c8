/* The machine's memory, exactly as large as the board's, and exact counts of what is taken from it. */

#include "host.h"

HostCounters gxCounters;

/* The root machine, which becomes the read-only image, lives in pages of its own. */
enum { ROM_REGIONS = 256 };
static struct { uint8_t* at; size_t size; } gxRom[ROM_REGIONS];
static int gxRomCount = 0;
static int gxRomSealed = 0;

void* hostRomAllocate(size_t size)
{
	size_t page = (size_t)getpagesize();
	void* at;
	size = (size + page - 1) & ~(page - 1);
	if (gxRomCount == ROM_REGIONS)
		return C_NULL;
	at = mmap(C_NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
	if (at == MAP_FAILED)
		return C_NULL;
	gxRom[gxRomCount].at = at;
	gxRom[gxRomCount].size = size;
	gxRomCount++;
	return at;
}

void hostRomProtect(void)
{
	int i;
	for (i = 0; i < gxRomCount; i++)
		mprotect(gxRom[i].at, gxRom[i].size, PROT_READ);
	gxRomSealed = 1;
}

int hostRomHolds(void* address)
{
	uint8_t* p = address;
	int i;
	for (i = 0; i < gxRomCount; i++)
		if ((gxRom[i].at <= p) && (p < gxRom[i].at + gxRom[i].size))
			return 1;
	return 0;
}

size_t hostRomSize(void)
{
	size_t size = 0;
	int i;
	for (i = 0; i < gxRomCount; i++)
		size += gxRom[i].size;
	return size;
}

/* What runs on no board: large enough to link any program. The clone uses its tables of names, so they have one size. */
txMachine* hostNewRoot(txCreation* board)
{
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
txMachine* hostNewMachine(txCreation* creation, txMachine* root)
{
	uint8_t* block[2] = { C_NULL, C_NULL };
	txMachine* the;
	if (creation->staticSize) {
		block[0] = c_malloc(creation->staticSize);
		block[1] = block[0] + creation->staticSize;
	}
	the = fxCloneMachine(creation, root, "board", block);
	if (the)
		the->context = C_NULL;
	return the;
}

void* fxAllocateChunks(txMachine* the, txSize size)
{
	txBlock* block;
	if (!gxRomSealed)
		return hostRomAllocate(size);
	if ((the->stackBottom == C_NULL) && (the->heap == C_NULL)) {
		uint8_t** context = the->context;
		the->heap = the->heap_ptr = context[0];
		the->heap_pend = context[1];
	}
	if (the->heap == C_NULL)
		return c_malloc(size);
	block = the->firstBlock;
	if (block) {
		/* Grow the one block by what is missing beside its free end. */
		txSize grow = size - sizeof(txBlock) - (txSize)(block->limit - block->current);
		if (the->heap_ptr + grow <= the->heap_pend) {
			the->heap_ptr += grow;
			block->limit = (txByte*)the->heap_ptr - size; /* fxGrowChunks adds size */
			the->maximumChunksSize += grow - size;
			return block->limit;
		}
	}
	else if (the->heap_ptr + size <= the->heap_pend) {
		void* at = the->heap_ptr;
		the->heap_ptr += size;
		return at;
	}
	return C_NULL;
}

static void* fromEnd(txMachine* the, txSize size)
{
	if (the->heap_pend - size < the->heap_ptr)
		return C_NULL;
	the->heap_pend -= size;
	return the->heap_pend;
}

txSlot* fxAllocateSlots(txMachine* the, txSize count)
{
	txSize size = count * (txSize)sizeof(txSlot);
	txSlot* result;
	if (!gxRomSealed)
		return hostRomAllocate(size);
	if (the->heap == C_NULL)
		return c_malloc(size);
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

static void* countChunk(void* data)
{
	txChunk* chunk = (txChunk*)((txByte*)data - sizeof(txChunk));
	gxCounters.chunks++;
	gxCounters.chunkBytes += (uint64_t)(chunk->temporary - (txByte*)chunk);
	return data;
}

txSlot* fxNewSlot(txMachine* the)
{
	gxCounters.slots++;
	return xsNewSlot(the);
}

txSlot* fxDuplicateSlot(txMachine* the, txSlot* slot)
{
	gxCounters.slots++;
	return xsDuplicateSlot(the, slot);
}

void* fxNewChunk(txMachine* the, txSize size)
{
	return countChunk(xsNewChunk(the, size));
}

void* fxNewGrowableChunk(txMachine* the, txSize size, txSize capacity)
{
	return countChunk(xsNewGrowableChunk(the, size, capacity));
}

/* Growing in place takes memory too; what fits into a chunk's spare room does not. */
void* fxRenewChunk(txMachine* the, void* data, txSize size)
{
	txChunk* chunk = (txChunk*)((txByte*)data - sizeof(txChunk));
	txByte* before = chunk->temporary;
	void* result = xsRenewChunk(the, data, size);
	if (result && (chunk->temporary > before)) {
		gxCounters.chunks++;
		gxCounters.chunkBytes += (uint64_t)(chunk->temporary - before);
	}
	return result;
}
