/* The pipe to the parent: frames in on standard input, out on standard output. Nothing here touches the script's heap. */

#include "host.h"

enum { FRAME_MAX = 4 * 1024 * 1024, CHANNELS = 16 };

typedef struct Frame {
	struct Frame* next;
	uint32_t size;
	uint8_t type;
	uint8_t payload[];
} Frame;

static uint8_t* gxOut = C_NULL;
static size_t gxOutSize = 0, gxOutAt = 0, gxOutFrame = 0;
static Frame *gxFirst = C_NULL, *gxLast = C_NULL;
static Frame* gxReply = C_NULL;
static uint32_t gxHandled = 0;

static void fail(const char* what)
{
	fprintf(stderr, "mote-xs: %s\n", what);
	_exit(EXIT_USAGE);
}

void hostOutBytes(const void* bytes, size_t size)
{
	if (gxOutAt + size > gxOutSize) {
		gxOutSize = 2 * (gxOutAt + size) + 4096;
		gxOut = c_realloc(gxOut, gxOutSize);
		if (!gxOut)
			fail("out of memory");
	}
	c_memcpy(gxOut + gxOutAt, bytes, size);
	gxOutAt += size;
}

void hostOutBegin(int type)
{
	uint32_t size = 0;
	uint8_t byte = (uint8_t)type;
	gxOutFrame = gxOutAt;
	hostOutBytes(&size, sizeof(size));
	hostOutBytes(&byte, 1);
}

void hostOutEnd(void)
{
	uint32_t size = (uint32_t)(gxOutAt - gxOutFrame - 5);
	c_memcpy(gxOut + gxOutFrame, &size, sizeof(size));
}

void hostOutFlush(void)
{
	size_t at = 0;
	while (at < gxOutAt) {
		ssize_t n = write(1, gxOut + at, gxOutAt - at);
		if (n > 0)
			at += (size_t)n;
		else if ((n < 0) && (errno != EINTR))
			_exit(0); /* the parent has gone */
	}
	gxOutAt = 0;
}

static int readAll(void* buffer, size_t size)
{
	size_t at = 0;
	while (at < size) {
		ssize_t n = read(0, (uint8_t*)buffer + at, size - at);
		if (n > 0)
			at += (size_t)n;
		else if ((n == 0) || (errno != EINTR))
			return 0;
	}
	return 1;
}

static Frame* readFrame(void)
{
	uint8_t head[5];
	uint32_t size;
	Frame* frame;
	if (!readAll(head, sizeof(head)))
		_exit(0); /* the parent has gone */
	c_memcpy(&size, head, sizeof(size));
	if (size > FRAME_MAX)
		fail("a frame is too large");
	frame = c_malloc(sizeof(Frame) + size + 1);
	if (!frame || !readAll(frame->payload, size))
		_exit(0);
	frame->payload[size] = 0;
	frame->next = C_NULL;
	frame->size = size;
	frame->type = head[4];
	return frame;
}

static Frame* nextFrame(void)
{
	Frame* frame = gxFirst;
	if (!frame)
		return readFrame();
	gxFirst = frame->next;
	if (!gxFirst)
		gxLast = C_NULL;
	return frame;
}

/* Sends what was begun and waits for its reply; what else comes meanwhile is handled when the script is done. */
const uint8_t* hostAsk(size_t* size)
{
	Frame* frame;
	hostOutEnd();
	hostOutFlush();
	c_free(gxReply);
	for (;;) {
		frame = readFrame();
		if (frame->type == IN_REPLY)
			break;
		if (gxLast)
			gxLast->next = frame;
		else
			gxFirst = frame;
		gxLast = frame;
	}
	gxReply = frame;
	*size = frame->size;
	return frame->payload;
}

static double numberAt(const uint8_t* p)
{
	double number;
	c_memcpy(&number, p, sizeof(number));
	return number;
}

static void sendNumber(double number)
{
	hostOutBytes(&number, sizeof(number));
}

/* In the order of STATS in host-sim/xs/protocol.ts. */
static void sendStats(txMachine* the, txMachine* root, txCreation* creation)
{
	static uint16_t seen = 0;
	static double collections = 0;
	collections += (uint16_t)(the->garbageCollectionCount - seen);
	seen = the->garbageCollectionCount;
	hostOutBegin(OUT_STATS);
	sendNumber((double)sizeof(txSlot));
	sendNumber(the->currentHeapCount);
	sendNumber(the->peakHeapCount);
	sendNumber(the->maximumHeapCount);
	sendNumber(the->currentChunksSize);
	sendNumber(the->peakChunksSize);
	sendNumber(the->maximumChunksSize);
	sendNumber((double)(the->stackTop - the->stackPeak));
	sendNumber(creation->stackCount);
	sendNumber(the->keyIndex - the->keyOffset);
	sendNumber(the->keyCount - the->keyOffset);
	sendNumber(creation->staticSize);
	sendNumber(the->heap ? (double)(the->heap_pend - the->heap_ptr) : 0);
	sendNumber(collections);
	sendNumber((double)gxCounters.slots);
	sendNumber((double)gxCounters.chunks);
	sendNumber((double)gxCounters.chunkBytes);
	sendNumber(root->currentHeapCount);
	sendNumber(root->keyIndex);
	hostOutEnd();
}

static void sendIdle(void)
{
	double due = hostTimerDue();
	hostOutBegin(OUT_IDLE);
	hostOutBytes(&gxHandled, sizeof(gxHandled));
	hostOutBytes(&due, sizeof(due));
	hostOutEnd();
	hostOutFlush();
}

static txMachine* start(const uint8_t* payload, txCreation* creation, int lines, txMachine** root)
{
	txMachine* the;
	gxNow = numberAt(payload);
	gxEpoch = numberAt(payload + 8);
	hostSeed(numberAt(payload + 16));
	*root = hostNewRoot(creation);
	if (!*root)
		hostFail(EXIT_LINK, "no memory for the image", "");
	hostCatchSignals(*root);
	hostBuildScript(*root);
	hostLoadModules(*root, lines);
	hostPreload(*root);
	hostFreeze(*root);
	c_memset(&gxCounters, 0, sizeof(gxCounters));
	the = hostNewMachine(creation, *root);
	if (!the)
		hostFail(EXIT_ENGINE + XS_NOT_ENOUGH_MEMORY_EXIT, "memory full", "the board's memory cannot hold an empty machine");
	hostCatchSignals(the);
	hostRunMain(the, (txString)(payload + 24));
	return the;
}

/* Bytes for a socket wait outside of the script's heap, as in the network stack of a board. */
extern void hostChannelPut(txInteger id, const uint8_t* bytes, size_t size, txInteger* waiting);
extern void hostSetText(const uint8_t* bytes, size_t size);

static void call(txMachine* the, const Frame* frame)
{
	int32_t kind, id;
	const uint8_t* bytes = frame->payload + 16;
	size_t size = frame->size - 16;
	txInteger count = (txInteger)size;
	gxNow = numberAt(frame->payload);
	c_memcpy(&kind, frame->payload + 8, sizeof(kind));
	c_memcpy(&id, frame->payload + 12, sizeof(id));
	if (kind == KIND_DATA)
		hostChannelPut(id, bytes, size, &count);
	else {
		hostSetText(bytes, size);
		if (size == 4) { /* a number is what most frames carry */
			int32_t number;
			c_memcpy(&number, bytes, sizeof(number));
			count = number;
		}
	}
	hostHandle(the, kind, id, count);
}

int hostServe(txCreation* creation, int lines)
{
	txMachine* the = C_NULL;
	txMachine* root = C_NULL;
	for (;;) {
		Frame* frame = nextFrame();
		uint32_t least = frame->type == IN_START ? 24 : frame->type == IN_CALL ? 16 : frame->type == IN_MODULE ? 3 : frame->type == IN_STATS ? 1 : 8;
		if (frame->size < least)
			fail("a frame is too short");
		gxHandled++;
		if (frame->type == IN_MODULE) {
			hostAddModule((char*)frame->payload, (txSize)frame->size);
			continue; /* its bytes stay */
		}
		else if (frame->type == IN_START) {
			if (the)
				fail("started twice");
			the = start(frame->payload, creation, lines, &root);
		}
		else if (!the)
			fail("not started");
		else if (frame->type == IN_TICK) {
			gxNow = numberAt(frame->payload);
			hostTimersFire(the);
		}
		else if (frame->type == IN_CALL)
			call(the, frame);
		else if (frame->type == IN_EPOCH)
			gxEpoch = numberAt(frame->payload);
		else if (frame->type == IN_STATS) {
			if (frame->payload[0])
				fxCollectGarbage(the);
			sendStats(the, root, creation);
		}
		else
			fail("an unknown frame");
		c_free(frame);
		sendIdle();
	}
}
