/* The pipe to the parent: frames in on standard input, out on standard output. Nothing here touches the script's heap. */

#include "host.h"

enum { FRAME_MAX = 4 * 1024 * 1024 };
typedef struct Frame { struct Frame* next; uint32_t size; uint8_t type, payload[]; } Frame;
static uint8_t* gxOut = C_NULL;
static size_t gxOutSize = 0, gxOutAt = 0, gxOutFrame = 0;
static Frame *gxFirst = C_NULL, *gxLast = C_NULL, *gxReply = C_NULL;
static uint32_t gxHandled = 0, gxOutOpen = 0;

static void fail(const char* what) {
	fprintf(stderr, "mote-xs: %s\n", what);
	_exit(EXIT_USAGE);
}

void hostOutBytes(const void* bytes, size_t size) {
	if (gxOutAt + size > gxOutSize) {
		gxOutSize = 2 * (gxOutAt + size) + 4096;
		gxOut = c_realloc(gxOut, gxOutSize);
		if (!gxOut) fail("out of memory");
	}
	c_memcpy(gxOut + gxOutAt, bytes, size);
	gxOutAt += size;
}

void hostOutBegin(int type) {
	uint8_t head[5] = { 0, 0, 0, 0, (uint8_t)type };
	if (gxOutOpen) gxOutAt = gxOutFrame; /* one that was begun and broken off by a throw */
	gxOutOpen = 1;
	gxOutFrame = gxOutAt;
	hostOutBytes(head, sizeof(head));
}

void hostOutEnd(void) {
	uint32_t size = (uint32_t)(gxOutAt - gxOutFrame - 5);
	c_memcpy(gxOut + gxOutFrame, &size, sizeof(size));
	gxOutOpen = 0;
}

/* When the parent has gone, so does the machine. */
void hostOutFlush(void) {
	if ((fwrite(gxOut, 1, gxOutAt, stdout) < gxOutAt) || fflush(stdout)) _exit(0);
	gxOutAt = 0;
}

static void readAll(void* buffer, size_t size) {
	if (fread(buffer, 1, size, stdin) < size) _exit(0);
}

static Frame* readFrame(void) {
	struct __attribute__((packed)) { uint32_t size; uint8_t type; } head;
	Frame* frame;
	readAll(&head, sizeof(head));
	if (head.size > FRAME_MAX) fail("a frame is too large");
	frame = c_malloc(sizeof(Frame) + head.size + 1);
	if (!frame) fail("out of memory");
	readAll(frame->payload, head.size);
	frame->payload[head.size] = 0;
	frame->next = C_NULL;
	frame->size = head.size;
	frame->type = head.type;
	return frame;
}

static Frame* nextFrame(void) {
	Frame* frame = gxFirst;
	if (!frame) return readFrame();
	gxFirst = frame->next;
	if (!gxFirst) gxLast = C_NULL;
	return frame;
}

/* Sends what was begun and waits for its reply; what else comes meanwhile is handled when the script is done. */
const uint8_t* hostAsk(size_t* size) {
	Frame* frame;
	hostOutEnd();
	hostOutFlush();
	c_free(gxReply);
	while ((frame = readFrame())->type != IN_REPLY) {
		if (gxLast) gxLast->next = frame;
		else gxFirst = frame;
		gxLast = frame;
	}
	gxReply = frame;
	*size = frame->size;
	return frame->payload;
}

static double numberAt(const uint8_t* p) {
	double number;
	c_memcpy(&number, p, sizeof(number));
	return number;
}

/* In the order of STATS in host-sim/xs/codec.ts. */
static void sendStats(txMachine* the, txMachine* root, txCreation* creation) {
	static uint16_t seen = 0;
	static double collections = 0;
	collections += (uint16_t)(the->garbageCollectionCount - seen);
	seen = the->garbageCollectionCount;
	/* Until the next collection the engine counts too much for a chunk that it made larger in its place. */
	txSize limit = the->maximumChunksSize, peak = the->peakChunksSize < limit ? the->peakChunksSize : limit;
	double stats[] = {
		sizeof(txSlot), the->currentHeapCount, the->peakHeapCount, the->maximumHeapCount,
		the->currentChunksSize, peak, limit,
		the->stackTop - the->stackPeak, creation->stackCount,
		the->keyIndex - the->keyOffset, the->keyCount - the->keyOffset,
		creation->staticSize, the->heap ? the->heap_pend - the->heap_ptr : 0, collections,
		(double)gxCounters.slots, (double)gxCounters.chunks, (double)gxCounters.chunkBytes,
		root->currentHeapCount, root->keyIndex,
	};
	hostOutBegin(OUT_STATS);
	hostOutBytes(stats, sizeof(stats));
	hostOutEnd();
}

static void sendIdle(void) {
	double due = hostTimerDue();
	hostOutBegin(OUT_IDLE);
	hostOutBytes(&gxHandled, sizeof(gxHandled));
	hostOutBytes(&due, sizeof(due));
	hostOutEnd();
	hostOutFlush();
}

static txMachine* start(uint8_t* payload, txCreation* creation, int lines, txMachine** root) {
	txMachine* the;
	gxNow = numberAt(payload);
	gxEpoch = numberAt(payload + 8);
	hostSeed(numberAt(payload + 16));
	*root = hostNewRoot(creation);
	if (!*root) hostFail(EXIT_LINK, "no memory for the image", "");
	hostCatchSignals(*root);
	hostBuildScript(*root);
	hostLoadModules(*root, lines);
	hostFreeze(*root);
	c_memset(&gxCounters, 0, sizeof(gxCounters));
	the = hostNewMachine(creation, *root);
	if (!the) hostFail(EXIT_ENGINE + XS_NOT_ENOUGH_MEMORY_EXIT, "memory full", "the board's memory cannot hold an empty machine");
	hostCatchSignals(the);
	hostRunMain(the, (txString)(payload + 24));
	return the;
}

int hostServe(txCreation* creation, int lines) {
	static const uint32_t least[] = { 0, 3, 25, 8, 16, 8, 1, 1, 1, 1 };
	txMachine *the = C_NULL, *root = C_NULL;
	for (;;) {
		Frame* frame = nextFrame();
		uint8_t* payload = frame->payload;
		int32_t kind[2];
		gxHandled++;
		if ((frame->type > IN_OWNERS) || (frame->size < least[frame->type]) || ((frame->type > IN_START) != (the != C_NULL))) fail("a wrong frame");
		switch (frame->type) {
		case IN_MODULE:
			hostAddModule((char*)payload, (txSize)frame->size);
			continue; /* its bytes stay */
		case IN_START: the = start(payload, creation, lines, &root); break;
		case IN_TICK: gxNow = numberAt(payload); hostTimersFire(the); break;
		case IN_CALL:
			gxNow = numberAt(payload);
			c_memcpy(kind, payload + 8, sizeof(kind));
			hostReceive(the, kind[0], kind[1], payload + 16, frame->size - 16);
			break;
		case IN_EPOCH: gxEpoch = numberAt(payload); break;
		case IN_STATS:
			if (payload[0]) fxCollectGarbage(the);
			sendStats(the, root, creation);
			break;
		case IN_WALK: hostWalkTell(); break;
		case IN_OWNERS: hostOwners(the, (char*)payload); break;
		}
		c_free(frame);
		sendIdle();
	}
}
