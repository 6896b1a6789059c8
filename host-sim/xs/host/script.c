/* What the script sees of the host: the global `host`, described in host-sim/xs/board/host.d.ts, and `trace`. */

#include "host.h"

enum { SOCKETS = 16 };
static struct Socket { uint8_t* bytes; size_t size, from, to; } gxSockets[SOCKETS];
static const uint8_t* gxText;
static size_t gxTextSize;
static txSlot gxBoard;
static txID gxHandleID = XS_NO_ID;

#define INTEGER(I) (mxArgc > (I) ? fxToInteger(the, mxArgv(I)) : 0)
#define NUMBER(I) (mxArgc > (I) ? fxToNumber(the, mxArgv(I)) : 0)

static void setNumber(txMachine* the, double number) {
	txInteger integer = (number >= -2147483648.0) && (number <= 2147483647.0) ? (txInteger)number : 0;
	if ((double)integer == number) mxResult->kind = XS_INTEGER_KIND, mxResult->value.integer = integer;
	else mxResult->kind = XS_NUMBER_KIND, mxResult->value.number = number;
}

static void sendValue(uint8_t tag, const void* bytes, size_t size) {
	uint32_t length = (uint32_t)size;
	hostOutBytes(&tag, 1);
	if ((tag == TAG_STRING) || (tag == TAG_BYTES)) hostOutBytes(&length, sizeof(length));
	hostOutBytes(bytes, size);
}

static double numberOf(txSlot* slot) {
	return slot->kind == XS_INTEGER_KIND ? (double)slot->value.integer : slot->value.number;
}

/* The elements of a plain array, or NULL. */
static txSlot* arrayOf(txSlot* slot) {
	if (slot->kind != XS_REFERENCE_KIND) return C_NULL;
	slot = slot->value.reference->next;
	return slot && (slot->kind == XS_ARRAY_KIND) ? slot : C_NULL;
}

/* Numbers; what is none goes as NaN. */
static void sendList(txSlot* array) {
	uint8_t tag = TAG_LIST;
	uint32_t i, length = (uint32_t)array->value.array.length;
	hostOutBytes(&tag, 1);
	hostOutBytes(&length, sizeof(length));
	for (i = 0; i < length; i++) {
		txSlot* item = array->value.array.address + i;
		int is = (item->kind == XS_INTEGER_KIND) || (item->kind == XS_NUMBER_KIND);
		double number = is ? numberOf(item) : C_NAN;
		hostOutBytes(&number, sizeof(number));
	}
}

static void sendValues(txMachine* the, int type, txInteger i) {
	hostOutBegin(type);
	for (; i < mxArgc; i++) {
		txSlot* slot = mxArgv(i);
		void* data;
		txUnsigned size;
		double number = numberOf(slot);
		if (slot->kind == XS_UNDEFINED_KIND) sendValue(TAG_UNDEFINED, "", 0);
		else if (slot->kind == XS_BOOLEAN_KIND) sendValue(slot->value.boolean ? TAG_TRUE : TAG_FALSE, "", 0);
		else if ((slot->kind == XS_INTEGER_KIND) || (slot->kind == XS_NUMBER_KIND)) sendValue(TAG_NUMBER, &number, sizeof(number));
		else if (mxIsStringPrimitive(slot)) sendValue(TAG_STRING, slot->value.string, c_strlen(slot->value.string));
		else if (arrayOf(slot)) sendList(arrayOf(slot));
		else {
			_xsmcGetBuffer(the, slot, &data, &size, 0);
			sendValue(TAG_BYTES, data, size);
		}
	}
}

/* The values behind the first argument, which is the type. */
static void sendArguments(txMachine* the) {
	txInteger type = INTEGER(0);
	if ((type < OUT_SCRIPT) || (type > 255)) mxRangeError("no such frame");
	sendValues(the, (int)type, 1);
}

/* As on a board, where it is native too: no call in script stands below it on the stack. */
static void host_flash(txMachine* the) {
	sendValues(the, OUT_FLASH_WRITE, 0);
	hostOutEnd();
}

static void host_send(txMachine* the) {
	if (INTEGER(0) == OUT_WRITE) hostDeep(the, "socket.write");
	sendArguments(the);
	hostOutEnd();
}

static void host_ask(txMachine* the) {
	size_t size;
	const uint8_t* reply;
	double number;
	sendArguments(the);
	reply = hostAsk(&size);
	switch (size > 0 ? reply[0] : TAG_UNDEFINED) {
	case TAG_NUMBER:
		c_memcpy(&number, reply + 1, sizeof(number));
		setNumber(the, number);
		break;
	case TAG_STRING: fxString(the, mxResult, (txString)(reply + 1)); break; /* a frame ends with 0 */
	case TAG_BYTES: fxArrayBuffer(the, mxResult, (void*)(reply + 1), (txInteger)size - 1, -1); break;
	case TAG_TRUE: case TAG_FALSE:
		mxResult->kind = XS_BOOLEAN_KIND;
		mxResult->value.boolean = reply[0] == TAG_TRUE;
		break;
	}
}

static void host_attach(txMachine* the) { gxBoard = *mxArgv(0); fxRemember(the, &gxBoard); }
static void host_attached(txMachine* the) { mxResult->kind = gxBoard.kind; mxResult->value = gxBoard.value; }
static void host_now(txMachine* the) { setNumber(the, gxNow); }
static void host_ticks(txMachine* the) { setNumber(the, (txS4)(txU4)(txS8)gxNow); }
static void host_text(txMachine* the) { fxStringBuffer(the, mxResult, (txString)gxText, (txSize)gxTextSize); }
static void host_timer(txMachine* the) { setNumber(the, hostTimerNew(the, mxArgv(0), mxArgv(1))); }
static void host_forget(txMachine* the) { hostTimerFree(the, INTEGER(0)); }
static void host_arm(txMachine* the) { hostTimerArm(INTEGER(0), NUMBER(1), NUMBER(2)); }
static void host_stop(txMachine* the) { hostTimerArm(INTEGER(0), -1, 0); }

/* Of the SDK's `logical`. */
static void host_xor(txMachine* the) {
	void *data, *by;
	txUnsigned size, bySize, i;
	txInteger count = INTEGER(2);
	_xsmcGetBuffer(the, mxArgv(0), &data, &size, 1);
	_xsmcGetBuffer(the, mxArgv(1), &by, &bySize, 0);
	if ((count <= 0) || ((txUnsigned)count > size) || (bySize == 0)) mxRangeError("invalid count");
	for (i = 0; i < (txUnsigned)count; i++) ((uint8_t*)data)[i] ^= ((uint8_t*)by)[i % bySize];
}

static struct Socket* socketArgument(txMachine* the) {
	txInteger id = INTEGER(0);
	if ((id < 0) || (id >= SOCKETS)) mxRangeError("no such socket");
	return &gxSockets[id];
}

static void host_open(txMachine* the) {
	struct Socket* socket = socketArgument(the);
	socket->from = socket->to = 0;
}

static void host_take(txMachine* the) {
	struct Socket* socket = socketArgument(the);
	void* data;
	txUnsigned size;
	_xsmcGetBuffer(the, mxArgv(1), &data, &size, 1);
	if (size > socket->to - socket->from) mxUnknownError("invalid"); /* as the SDK's sockets say */
	c_memcpy(data, socket->bytes + socket->from, size);
	socket->from += size;
	setNumber(the, (double)size);
}

static void host_trace(txMachine* the) {
	txInteger i;
	for (i = 0; i < mxArgc; i++) fxToString(the, mxArgv(i)); /* may run script, that may trace */
	hostOutBegin(OUT_TRACE);
	for (i = 0; i < mxArgc; i++) hostOutBytes(mxArgv(i)->value.string, c_strlen(mxArgv(i)->value.string));
	hostOutEnd();
}

static void setGlobal(txMachine* the, char* name) {
	mxPush(mxGlobal);
	fxSetID(the, fxNewNameC(the, name));
	mxPop();
}

void hostBuildScript(txMachine* the) {
	static const struct { char* name; txCallback call; } functions[] = {
		{ "send", host_send }, { "flash", host_flash }, { "ask", host_ask }, { "attach", host_attach }, { "attached", host_attached },
		{ "now", host_now }, { "ticks", host_ticks }, { "text", host_text }, { "open", host_open }, { "take", host_take },
		{ "timer", host_timer }, { "forget", host_forget }, { "arm", host_arm }, { "stop", host_stop }, { "xor", host_xor },
	};
	txSlot *instance, *slot;
	size_t i;
	fxBeginHost(the);
	mxPush(mxObjectPrototype);
	instance = fxNewObjectInstance(the);
	slot = fxLastProperty(the, instance);
	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		slot = fxNextHostFunctionProperty(the, slot, functions[i].call, 0, fxNewNameC(the, functions[i].name), XS_GET_ONLY);
	instance->flag |= XS_DONT_PATCH_FLAG;
	setGlobal(the, "host");
	fxNewHostFunction(the, host_trace, 0, fxNewNameC(the, "trace"), XS_NO_ID);
	setGlobal(the, "trace");
	gxHandleID = fxNewNameC(the, "handle");
	fxEndHost(the);
}

void fxCreateMachinePlatform(txMachine* the) { (void)the; }
void fxDeleteMachinePlatform(txMachine* the) { (void)the; }
void fxQueuePromiseJobs(txMachine* the) { the->promiseJobs = 1; }

/* Runs script from the bottom of its stack, and the jobs it leaves; what it throws ends the machine, as on a board. */
static void run(txMachine* the, const char* name, void (*call)(txMachine*, void*), void* data) {
	HostEntry* entry = hostEnter(the, name);
	fxBeginHost(the);
	{
		mxTry(the) {
			(*call)(the, data);
		}
		mxCatch(the) {
			fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
		}
	}
	fxEndHost(the);
	while (the->promiseJobs) {
		the->promiseJobs = 0;
		fxRunPromiseJobs(the);
	}
	fxCheckUnhandledRejections(the, 1); /* whoever wants to handle it has had the chance */
	hostLeave(the, entry);
}

static void callHandler(txMachine* the, void* data) {
	txInteger* values = data;
	mxPushSlot(&gxBoard);
	fxCallID(the, gxHandleID);
	mxPushInteger(values[0]);
	mxPushInteger(values[1]);
	mxPushInteger(values[2]);
	mxRunCount(3);
}

/* Bytes for a socket wait outside of the script's heap, as in the network stack of a board. */
void hostReceive(txMachine* the, txInteger kind, txInteger id, uint8_t* bytes, size_t size) {
	enum { KINDS = 7 };
	static const char* kinds[KINDS] = { "", "socket: data", "socket: written", "socket: closed", "pin: edges", "name: resolved", "control" };
	txInteger values[3] = { kind, id, (txInteger)size };
	if ((kind == KIND_DATA) && (id >= 0) && (id < SOCKETS)) {
		struct Socket* socket = &gxSockets[id];
		socket->to -= socket->from;
		c_memmove(socket->bytes, socket->bytes + socket->from, socket->to);
		socket->from = 0;
		if (socket->to + size > socket->size) socket->bytes = c_realloc(socket->bytes, socket->size = socket->to + size);
		c_memcpy(socket->bytes + socket->to, bytes, size);
		values[2] = (txInteger)(socket->to += size);
	}
	else if (size == sizeof(int32_t)) c_memcpy(&values[2], bytes, size); /* a number is what most frames carry */
	gxText = bytes;
	gxTextSize = size;
	if (gxBoard.kind == XS_REFERENCE_KIND) run(the, (kind >= 1) && (kind < KINDS) ? kinds[kind] : "?", callHandler, values);
}

static void callTimer(txMachine* the, void* data) {
	txSlot** slots = data;
	mxPushUndefined();
	mxPushSlot(slots[0]);
	mxCall();
	mxPushSlot(slots[1]);
	mxRunCount(1);
}

void hostCall(txMachine* the, const char* name, txSlot* callback, txSlot* argument) {
	txSlot* slots[2] = { callback, argument };
	run(the, name, callTimer, slots);
}

static void callMain(txMachine* the, void* name) {
	mxPushUndefined();
	mxPushStringX(name);
	fxAwaitImport(the, XS_IMPORT_DEFAULT);
	mxCall();
	mxRunCount(0);
}

void hostRunMain(txMachine* the, txString name) { run(the, "start", callMain, name); }

static void callImport(txMachine* the, void* name) {
	mxPushStringX(name);
	fxAwaitImport(the, XS_IMPORT_NAMESPACE);
}

void hostImport(txMachine* the, txString name) { run(the, "import", callImport, name); }
