/* What the script sees of the host: the global `host`, described in host-sim/xs/board/host.d.ts, and `trace`. */

#include "host.h"

enum { CHANNELS = 16, PINS = 64 };

typedef struct {
	uint8_t* bytes;
	size_t size, from, to;
} Channel;

static Channel gxChannels[CHANNELS];
static uint8_t gxPins[PINS];
static const uint8_t* gxText = C_NULL;
static size_t gxTextSize = 0;
static txSlot gxBoard;
static txID gxHandleID = XS_NO_ID;

void hostSetText(const uint8_t* bytes, size_t size)
{
	gxText = bytes;
	gxTextSize = size;
}

void hostChannelPut(txInteger id, const uint8_t* bytes, size_t size, txInteger* waiting)
{
	Channel* channel;
	if ((id < 0) || (id >= CHANNELS))
		return;
	channel = &gxChannels[id];
	c_memmove(channel->bytes, channel->bytes + channel->from, channel->to - channel->from);
	channel->to -= channel->from;
	channel->from = 0;
	if (channel->to + size > channel->size) {
		channel->size = channel->to + size;
		channel->bytes = c_realloc(channel->bytes, channel->size);
	}
	c_memcpy(channel->bytes + channel->to, bytes, size);
	channel->to += size;
	*waiting = (txInteger)channel->to;
}

static txInteger integerArgument(txMachine* the, txInteger i)
{
	return mxArgc > i ? fxToInteger(the, mxArgv(i)) : 0;
}

static double numberArgument(txMachine* the, txInteger i)
{
	return mxArgc > i ? fxToNumber(the, mxArgv(i)) : 0;
}

static Channel* channelArgument(txMachine* the)
{
	txInteger id = integerArgument(the, 0);
	if ((id < 0) || (id >= CHANNELS))
		mxRangeError("no such channel");
	return &gxChannels[id];
}

static void setNumber(txMachine* the, double number)
{
	txInteger integer = (number >= -2147483648.0) && (number <= 2147483647.0) ? (txInteger)number : 0;
	if ((double)integer == number) {
		mxResult->kind = XS_INTEGER_KIND;
		mxResult->value.integer = integer;
	}
	else {
		mxResult->kind = XS_NUMBER_KIND;
		mxResult->value.number = number;
	}
}

static void setBoolean(txMachine* the, txBoolean value)
{
	mxResult->kind = XS_BOOLEAN_KIND;
	mxResult->value.boolean = value;
}

/* Arguments behind the first, each with a tag before it. */
static void sendArguments(txMachine* the)
{
	txInteger i;
	txInteger type = integerArgument(the, 0);
	if ((type < OUT_SCRIPT) || (type > 255))
		mxRangeError("no such frame");
	hostOutBegin((int)type);
	for (i = 1; i < mxArgc; i++) {
		txSlot* slot = mxArgv(i);
		uint8_t tag;
		switch (slot->kind) {
		case XS_UNDEFINED_KIND:
			tag = TAG_UNDEFINED;
			hostOutBytes(&tag, 1);
			break;
		case XS_BOOLEAN_KIND:
			tag = slot->value.boolean ? TAG_TRUE : TAG_FALSE;
			hostOutBytes(&tag, 1);
			break;
		case XS_INTEGER_KIND:
		case XS_NUMBER_KIND: {
			double number = slot->kind == XS_INTEGER_KIND ? (double)slot->value.integer : slot->value.number;
			tag = TAG_NUMBER;
			hostOutBytes(&tag, 1);
			hostOutBytes(&number, sizeof(number));
			break;
		}
		case XS_STRING_KIND:
		case XS_STRING_X_KIND: {
			uint32_t size = (uint32_t)c_strlen(slot->value.string);
			tag = TAG_STRING;
			hostOutBytes(&tag, 1);
			hostOutBytes(&size, sizeof(size));
			hostOutBytes(slot->value.string, size);
			break;
		}
		default: {
			void* data;
			txUnsigned size;
			uint32_t length;
			_xsmcGetBuffer(the, slot, &data, &size, 0);
			length = size;
			tag = TAG_BYTES;
			hostOutBytes(&tag, 1);
			hostOutBytes(&length, sizeof(length));
			hostOutBytes(data, length);
		}
		}
	}
}

static void host_send(txMachine* the)
{
	sendArguments(the);
	hostOutEnd();
}

static void host_ask(txMachine* the)
{
	size_t size;
	const uint8_t* reply;
	sendArguments(the);
	reply = hostAsk(&size);
	if (size < 1)
		return;
	switch (reply[0]) {
	case TAG_NUMBER: {
		double number;
		c_memcpy(&number, reply + 1, sizeof(number));
		setNumber(the, number);
		break;
	}
	case TAG_STRING:
		fxString(the, mxResult, (txString)(reply + 1)); /* a frame ends with 0 */
		break;
	case TAG_BYTES:
		fxArrayBuffer(the, mxResult, (void*)(reply + 1), (txInteger)size - 1, -1);
		break;
	case TAG_TRUE:
	case TAG_FALSE:
		setBoolean(the, reply[0] == TAG_TRUE);
		break;
	}
}

static void host_attach(txMachine* the)
{
	gxBoard = *mxArgv(0);
	fxRemember(the, &gxBoard);
}

static void host_attached(txMachine* the)
{
	mxResult->kind = gxBoard.kind;
	mxResult->value = gxBoard.value;
}

static void host_now(txMachine* the)
{
	setNumber(the, gxNow);
}

static void host_text(txMachine* the)
{
	fxStringBuffer(the, mxResult, (txString)gxText, (txSize)gxTextSize);
}

static void host_open(txMachine* the)
{
	Channel* channel = channelArgument(the);
	channel->from = channel->to = 0;
}

static void host_take(txMachine* the)
{
	Channel* channel = channelArgument(the);
	void* data;
	txUnsigned size;
	_xsmcGetBuffer(the, mxArgv(1), &data, &size, 1);
	if (size > channel->to - channel->from)
		mxUnknownError("invalid"); /* as the SDK's sockets say */
	c_memcpy(data, channel->bytes + channel->from, size);
	channel->from += size;
	setNumber(the, (double)size);
}

static void host_available(txMachine* the)
{
	Channel* channel = channelArgument(the);
	setNumber(the, (double)(channel->to - channel->from));
}

static void host_timer(txMachine* the)
{
	setNumber(the, hostTimerNew(the, mxArgv(0), mxArgv(1)));
}

static void host_forget(txMachine* the)
{
	hostTimerFree(the, integerArgument(the, 0));
}

static void host_arm(txMachine* the)
{
	hostTimerArm(integerArgument(the, 0), numberArgument(the, 1), numberArgument(the, 2));
}

static void host_stop(txMachine* the)
{
	hostTimerStop(integerArgument(the, 0));
}

/* A pin has one owner at a time. */
static void host_claim(txMachine* the)
{
	txInteger pin = integerArgument(the, 0);
	txBoolean free = (pin >= 0) && (pin < PINS) && !gxPins[pin];
	if (free)
		gxPins[pin] = 1;
	setBoolean(the, free);
}

static void host_release(txMachine* the)
{
	txInteger pin = integerArgument(the, 0);
	if ((pin >= 0) && (pin < PINS))
		gxPins[pin] = 0;
}

static void host_trace(txMachine* the)
{
	txInteger i;
	hostOutBegin(OUT_TRACE);
	for (i = 0; i < mxArgc; i++) {
		txString text = fxToString(the, mxArgv(i));
		hostOutBytes(text, c_strlen(text));
	}
	hostOutEnd();
}

void hostBuildScript(txMachine* root)
{
	static const struct { const char* name; txCallback call; txInteger length; } functions[] = {
		{ "send", host_send, 1 },
		{ "ask", host_ask, 1 },
		{ "attach", host_attach, 1 },
		{ "attached", host_attached, 0 },
		{ "now", host_now, 0 },
		{ "text", host_text, 0 },
		{ "open", host_open, 1 },
		{ "take", host_take, 2 },
		{ "available", host_available, 1 },
		{ "timer", host_timer, 2 },
		{ "forget", host_forget, 1 },
		{ "arm", host_arm, 3 },
		{ "stop", host_stop, 1 },
		{ "claim", host_claim, 1 },
		{ "release", host_release, 1 },
	};
	txMachine* the = root;
	txSlot* instance;
	txSlot* slot;
	size_t i;
	fxBeginHost(the);
	mxPush(mxObjectPrototype);
	instance = fxNewObjectInstance(the);
	slot = fxLastProperty(the, instance);
	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		slot = fxNextHostFunctionProperty(the, slot, functions[i].call, functions[i].length, fxNewNameC(the, (txString)functions[i].name), XS_GET_ONLY);
	instance->flag |= XS_DONT_PATCH_FLAG;
	mxPush(mxGlobal);
	fxSetID(the, fxNewNameC(the, "host"));
	mxPop();
	fxNewHostFunction(the, host_trace, 1, fxNewNameC(the, "trace"), XS_NO_ID);
	mxPush(mxGlobal);
	fxSetID(the, fxNewNameC(the, "trace"));
	mxPop();
	gxHandleID = fxNewNameC(the, "handle");
	fxEndHost(the);
}

static void runJobs(txMachine* the)
{
	while (the->promiseJobs) {
		the->promiseJobs = 0;
		fxRunPromiseJobs(the);
	}
}

void fxQueuePromiseJobs(txMachine* the)
{
	the->promiseJobs = 1;
}

void fxCreateMachinePlatform(txMachine* the) { (void)the; }
void fxDeleteMachinePlatform(txMachine* the) { (void)the; }

/* Calls the script's `handle(kind, id, count)`; what it throws ends the machine, as on a board. */
void hostHandle(txMachine* the, txInteger kind, txInteger id, txInteger count)
{
	if (gxBoard.kind != XS_REFERENCE_KIND)
		return;
	fxBeginHost(the);
	{
		mxTry(the) {
			mxPushSlot(&gxBoard);
			fxCallID(the, gxHandleID);
			mxPushInteger(kind);
			mxPushInteger(id);
			mxPushInteger(count);
			mxRunCount(3);
			mxPop();
		}
		mxCatch(the) {
			fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
		}
	}
	fxEndHost(the);
	runJobs(the);
}

/* Calls a timer's callback; what it throws ends the machine, as on a board. */
void hostCall(txMachine* the, txSlot* callback, txSlot* argument)
{
	fxBeginHost(the);
	{
		mxTry(the) {
			mxPushUndefined();
			mxPushSlot(callback);
			mxCall();
			mxPushSlot(argument);
			mxRunCount(1);
			mxPop();
		}
		mxCatch(the) {
			fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
		}
	}
	fxEndHost(the);
	runJobs(the);
}

/* Imports a module and calls its default export. */
void hostRunMain(txMachine* the, txString name)
{
	fxBeginHost(the);
	{
		mxTry(the) {
			mxPushUndefined();
			mxPushStringX(name);
			fxAwaitImport(the, XS_IMPORT_DEFAULT);
			mxCall();
			mxRunCount(0);
			mxPop();
		}
		mxCatch(the) {
			fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
		}
	}
	fxEndHost(the);
	runJobs(the);
}
