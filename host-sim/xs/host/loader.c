/* Modules by their manifest target names: parsed once while the image is made, their code in read-only memory. */

#include "host.h"

enum { MODULES = 512 };
static HostModule gxModules[MODULES];
static int gxModuleCount = 0;

/* The payload stays: names and sources are used where they lie. */
void hostAddModule(char* payload, txSize size)
{
	HostModule* module = &gxModules[gxModuleCount];
	txSize nameSize;
	if (gxModuleCount == MODULES)
		hostFail(EXIT_LINK, "too many modules", "");
	gxModuleCount++;
	module->preload = payload[0];
	module->name = payload + 1;
	nameSize = (txSize)c_strlen(module->name) + 1;
	module->source = payload + 1 + nameSize;
	module->size = size - 1 - nameSize;
}

static HostModule* findModule(txString name)
{
	int i;
	for (i = 0; i < gxModuleCount; i++)
		if (!c_strcmp(gxModules[i].name, name))
			return &gxModules[i];
	return C_NULL;
}

/* The byte code behind the one at `p`. */
static txByte* nextCode(txByte* p)
{
	txS1 offset = gxCodeSizes[*((txU1*)p)];
	if (0 < offset)
		return p + offset;
	if (0 == offset)
		return p + 1 + sizeof(txID);
	p++;
	if (-1 == offset)
		return p + 1 + *((txU1*)p);
	if (-2 == offset) {
		txU2 size;
		mxDecode2(p, size);
		return p + size;
	}
	else {
		txU4 size;
		mxDecode4(p, size);
		return p + size;
	}
}

/* On the device strings and code of a module stay in flash: the ARCHIVE forms of the codes do not copy them. */
static void useArchiveCodes(txByte* p, txSize size)
{
	txByte* q = p + size;
	while (p < q) {
		switch (*((txU1*)p)) {
		case XS_CODE_CODE_1: *((txU1*)p) = XS_CODE_CODE_ARCHIVE_1; break;
		case XS_CODE_CODE_2: *((txU1*)p) = XS_CODE_CODE_ARCHIVE_2; break;
		case XS_CODE_CODE_4: *((txU1*)p) = XS_CODE_CODE_ARCHIVE_4; break;
		case XS_CODE_STRING_1: *((txU1*)p) = XS_CODE_STRING_ARCHIVE_1; break;
		case XS_CODE_STRING_2: *((txU1*)p) = XS_CODE_STRING_ARCHIVE_2; break;
		case XS_CODE_STRING_4: *((txU1*)p) = XS_CODE_STRING_ARCHIVE_4; break;
		}
		p = nextCode(p);
	}
}

/* Replaces the script's own symbols by keys of the machine, for good. */
static void mapSymbols(txMachine* the, txScript* script)
{
	txByte* p = script->symbolsBuffer;
	txID c, i;
	txID* ids;
	txByte* code = hostRomAllocate((size_t)script->codeSize);
	if (!code)
		hostFail(EXIT_LINK, "no memory for the image", "");
	mxDecodeID(p, c);
	ids = c_malloc((size_t)c * sizeof(txID));
	ids[0] = XS_NO_ID;
	for (i = 1; i < c; i++) {
		ids[i] = fxNewNameC(the, (txString)p);
		p += mxStringLength((char*)p) + 1;
	}
	fxRemapIDs(the, script->codeBuffer, script->codeSize, ids);
	c_free(ids);
	useArchiveCodes(script->codeBuffer, script->codeSize);
	c_memcpy(code, script->codeBuffer, (size_t)script->codeSize);
	script->codeBuffer = code;
	script->symbolsBuffer = C_NULL;
}

static txScript* parse(txMachine* the, HostModule* module, int lines)
{
	txParser parser;
	txParserJump jump;
	txStringCStream stream;
	txScript* volatile script = C_NULL;
	stream.buffer = module->source;
	stream.offset = 0;
	stream.size = module->size;
	fxInitializeParser(&parser, the, the->parserBufferSize, the->parserTableModulo);
	parser.firstJump = &jump;
	if (lines)
		parser.source = fxNewParserSymbol(&parser, "-"); /* lines are written for code with a name; FILE is not used */
	if (c_setjmp(jump.jmp_buf) == 0) {
		fxParserTree(&parser, &stream, fxStringCGetter, lines ? mxDebugFlag : 0, C_NULL);
		fxParserHoist(&parser);
		fxParserBind(&parser);
		script = fxParserCode(&parser);
	}
	if (!script || parser.errorCount)
		hostFail(EXIT_LINK, "a module is not JavaScript that XS reads", module->name);
	script->path = module->name;
	fxTerminateParser(&parser);
	return script;
}

/* All modules, preloaded or not, give their names to the image's key table, as the SDK's linker does. */
void hostLoadModules(txMachine* root, int lines)
{
	int i;
	for (i = 0; i < gxModuleCount; i++) {
		HostModule* module = &gxModules[i];
		module->script = parse(root, module, lines);
		mapSymbols(root, module->script);
		fxNewNameC(root, module->name);
	}
}

void hostPreload(txMachine* root)
{
	txMachine* the = root;
	int i;
	fxBeginHost(the);
	{
		mxTry(the) {
			for (i = 0; i < gxModuleCount; i++) {
				if (!gxModules[i].preload)
					continue;
				mxPushStringC(gxModules[i].name);
				fxAwaitImport(the, XS_IMPORT_NAMESPACE);
				mxPop();
			}
		}
		mxCatch(the) {
			fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
		}
	}
	fxEndHost(the);
}

/* Relative names are relative to the target name of the module that imports (xs/platforms/mc/xsHosts.c). */
txID fxFindModule(txMachine* the, txSlot* realm, txID moduleID, txSlot* slot)
{
	char name[C_PATH_MAX];
	char path[2 * C_PATH_MAX];
	txInteger up = 0;
	txString part = name;
	txString end;
	(void)realm;
	fxToStringBuffer(the, slot, name, sizeof(name));
	end = c_strrchr(name, '.');
	if (end && (!c_strcmp(end, ".js") || !c_strcmp(end, ".mjs")))
		*end = 0;
	path[0] = 0;
	if (name[0] == '.') {
		if (moduleID == XS_NO_ID)
			return XS_NO_ID;
		c_strncpy(path, fxGetKeyName(the, moduleID), C_PATH_MAX - 1);
		path[C_PATH_MAX - 1] = 0;
		while (part[0] == '.') {
			if (part[1] == '/')
				part += 2;
			else if ((part[1] == '.') && (part[2] == '/')) {
				up++;
				part += 3;
			}
			else
				break;
		}
		do {
			end = c_strrchr(path, '/');
			if (end)
				*end = 0;
			else if (up)
				return XS_NO_ID;
			else
				path[0] = 0;
		} while (up-- > 0);
		if (path[0])
			c_strcat(path, "/");
	}
	c_strncat(path, part, C_PATH_MAX - 1);
	return findModule(path) ? fxNewNameC(the, path) : XS_NO_ID;
}

void fxLoadModule(txMachine* the, txSlot* module, txID moduleID)
{
	HostModule* found = findModule(fxGetKeyName(the, moduleID));
	if (found)
		fxResolveModule(the, module, moduleID, found->script, C_NULL, C_NULL);
}

/* The device has no parser: `eval` and `new Function` do not exist there. */
txScript* fxParseScript(txMachine* the, void* stream, txGetter getter, txUnsigned flags)
{
	(void)stream; (void)getter; (void)flags;
	mxSyntaxError("a board has no parser");
	return C_NULL;
}

/* Where a byte code comes from; line 0 if the code was made without lines. */
txBoolean hostLine(txByte* code, txString* name, txInteger* line)
{
	int i;
	for (i = 0; i < gxModuleCount; i++) {
		txScript* script = gxModules[i].script;
		txByte* p = script ? script->codeBuffer : C_NULL;
		if (!p || (code < p) || (code >= p + script->codeSize))
			continue;
		*name = gxModules[i].name;
		*line = 0;
		while (p < code) {
			if (XS_CODE_LINE == *((txU1*)p)) {
				txU2 value;
				txByte* q = p + 1;
				mxDecode2(q, value);
				*line = value;
			}
			p = nextCode(p);
		}
		return 1;
	}
	return 0;
}
