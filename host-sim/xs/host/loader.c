/* Modules by their manifest target names: parsed once while the image is made, their code in read-only memory. */

#include "host.h"

enum { MODULES = 512 };
static struct Module { char *name, *source; txSize size; int preload; txScript* script; } gxModules[MODULES];
static int gxModuleCount = 0;

/* The payload stays: names and sources are used where they lie. */
void hostAddModule(char* payload, txSize size) {
	struct Module* module = &gxModules[gxModuleCount];
	if (gxModuleCount++ == MODULES) hostFail(EXIT_LINK, "too many modules", "");
	module->preload = payload[0];
	module->name = payload + 1;
	module->source = module->name + c_strlen(module->name) + 1;
	module->size = size - (txSize)(module->source - payload);
}

static struct Module* findModule(txString name) {
	int i;
	for (i = 0; i < gxModuleCount; i++)
		if (!c_strcmp(gxModules[i].name, name)) return &gxModules[i];
	return C_NULL;
}

/* The byte code behind the one at `p`. */
static txByte* nextCode(txByte* p) {
	txS1 offset = gxCodeSizes[*((txU1*)p)];
	txU2 two;
	txU4 four;
	if (0 < offset) return p + offset;
	if (0 == offset) return p + 1 + sizeof(txID);
	p++;
	if (-1 == offset) return p + 1 + *((txU1*)p);
	if (-2 == offset) {
		mxDecode2(p, two);
		return p + two;
	}
	mxDecode4(p, four);
	return p + four;
}

/* On the device strings and code of a module stay in flash: the ARCHIVE forms of the codes do not copy them. */
static void useArchiveCodes(txByte* p, txSize size) {
	txByte* q = p + size;
	for (; p < q; p = nextCode(p)) {
		txU1* code = (txU1*)p;
		if ((XS_CODE_CODE_1 <= *code) && (*code <= XS_CODE_CODE_4)) *code += XS_CODE_CODE_ARCHIVE_1 - XS_CODE_CODE_1;
		else if ((XS_CODE_STRING_1 <= *code) && (*code <= XS_CODE_STRING_4)) *code += XS_CODE_STRING_ARCHIVE_1 - XS_CODE_STRING_1;
	}
}

/* Replaces the script's own symbols by keys of the machine, for good. */
static void mapSymbols(txMachine* the, txScript* script) {
	txByte* p = script->symbolsBuffer;
	txByte* code = hostRomAllocate((size_t)script->codeSize);
	txID c, i, *ids;
	if (!code) hostFail(EXIT_LINK, "no memory for the image", "");
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

static txScript* parse(txMachine* the, struct Module* module, int lines) {
	txParser parser;
	txParserJump jump;
	txStringCStream stream = { module->source, 0, module->size };
	txScript* volatile script = C_NULL;
	fxInitializeParser(&parser, the, the->parserBufferSize, the->parserTableModulo);
	parser.firstJump = &jump;
	if (lines) parser.source = fxNewParserSymbol(&parser, "-"); /* lines are written for code with a name; FILE is not used */
	if (c_setjmp(jump.jmp_buf) == 0) {
		fxParserTree(&parser, &stream, fxStringCGetter, lines ? mxDebugFlag : 0, C_NULL);
		fxParserHoist(&parser);
		fxParserBind(&parser);
		script = fxParserCode(&parser);
	}
	if (!script || parser.errorCount) hostFail(EXIT_LINK, "a module is not JavaScript that XS reads", module->name);
	script->path = module->name;
	fxTerminateParser(&parser);
	return script;
}

/* All modules, preloaded or not, give their names to the image's key table, as the SDK's linker does. */
void hostLoadModules(txMachine* root, int lines) {
	int i;
	for (i = 0; i < gxModuleCount; i++) {
		gxModules[i].script = parse(root, &gxModules[i], lines);
		mapSymbols(root, gxModules[i].script);
		fxNewNameC(root, gxModules[i].name);
	}
	for (i = 0; i < gxModuleCount; i++)
		if (gxModules[i].preload) hostImport(root, gxModules[i].name);
}

/* Relative names are relative to the target name of the module that imports (xs/platforms/mc/xsHosts.c). */
txID fxFindModule(txMachine* the, txSlot* realm, txID moduleID, txSlot* slot) {
	char name[C_PATH_MAX], path[2 * C_PATH_MAX] = "";
	txString part = name, end;
	int up = 0;
	(void)realm;
	fxToStringBuffer(the, slot, name, sizeof(name));
	end = c_strrchr(name, '.');
	if (end && (!c_strcmp(end, ".js") || !c_strcmp(end, ".mjs"))) *end = 0;
	if (name[0] == '.') {
		if (moduleID == XS_NO_ID) return XS_NO_ID;
		snprintf(path, C_PATH_MAX, "/%s", fxGetKeyName(the, moduleID));
		for (; part[0] == '.'; part += part[1] == '/' ? 2 : 3) up += part[1] == '.';
		do {
			end = c_strrchr(path, '/');
			if (!end) return XS_NO_ID;
			*end = 0;
		} while (up-- > 0);
		if (path[0]) c_strcat(path, "/");
	}
	c_strcat(path, part);
	part = path[0] == '/' ? path + 1 : path;
	return findModule(part) ? fxNewNameC(the, part) : XS_NO_ID;
}

void fxLoadModule(txMachine* the, txSlot* module, txID moduleID) {
	struct Module* found = findModule(fxGetKeyName(the, moduleID));
	if (found) fxResolveModule(the, module, moduleID, found->script, C_NULL, C_NULL);
}

/* The device has no parser: `eval` and `new Function` do not exist there. */
txScript* fxParseScript(txMachine* the, void* stream, txGetter getter, txUnsigned flags) {
	(void)stream; (void)getter; (void)flags;
	mxSyntaxError("a board has no parser");
	return C_NULL;
}

/* Where a byte code comes from; line 0 if the code was made without lines. */
txBoolean hostLine(txByte* code, txString* name, txInteger* line) {
	int i;
	for (i = 0; i < gxModuleCount; i++) {
		txScript* script = gxModules[i].script;
		txByte* p = script ? script->codeBuffer : C_NULL;
		if (!p || (code < p) || (code >= p + script->codeSize)) continue;
		*name = gxModules[i].name;
		for (*line = 0; p < code; p = nextCode(p))
			if (XS_CODE_LINE == *((txU1*)p)) {
				txByte* q = p + 1;
				txU2 value;
				mxDecode2(q, value);
				*line = value;
			}
		return 1;
	}
	return 0;
}
