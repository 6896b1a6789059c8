/* mote-xs: runs one machine. Everything else comes as frames; see frames.c. */

#include "host.h"

static const char gxUsage[] =
	"mote-xs --chunk INITIAL,INCREMENT --slots INITIAL,INCREMENT --stack N --keys INITIAL,INCREMENT\n"
	"        --names N --symbols N --static BYTES [--lines]\n"
	"started by host-sim; frames on standard input and output (host-sim/xs/host/frames.c)\n";

static int parsePair(const char* text, txSize* first, txSize* second)
{
	char* end;
	*first = (txSize)strtol(text, &end, 10);
	if (*end == ',')
		*second = (txSize)strtol(end + 1, &end, 10);
	return *end == 0;
}

int main(int argc, char* argv[])
{
	txCreation creation;
	txSize unused = 0;
	int lines = 0;
	int i;
	c_memset(&creation, 0, sizeof(creation));
	creation.parserBufferSize = 1024;
	creation.parserTableModulo = 17;
	for (i = 1; i < argc; i++) {
		const char* name = argv[i];
		const char* value;
		int good;
		if (!c_strcmp(name, "--lines")) {
			lines = 1;
			continue;
		}
		if (++i == argc)
			break;
		value = argv[i];
		if (!c_strcmp(name, "--chunk")) good = parsePair(value, &creation.initialChunkSize, &creation.incrementalChunkSize);
		else if (!c_strcmp(name, "--slots")) good = parsePair(value, &creation.initialHeapCount, &creation.incrementalHeapCount);
		else if (!c_strcmp(name, "--keys")) good = parsePair(value, &creation.initialKeyCount, &creation.incrementalKeyCount);
		else if (!c_strcmp(name, "--stack")) good = parsePair(value, &creation.stackCount, &unused);
		else if (!c_strcmp(name, "--names")) good = parsePair(value, &creation.nameModulo, &unused);
		else if (!c_strcmp(name, "--symbols")) good = parsePair(value, &creation.symbolModulo, &unused);
		else if (!c_strcmp(name, "--static")) good = parsePair(value, &creation.staticSize, &unused);
		else good = 0;
		if (!good)
			break;
	}
	if ((i < argc) || (argc < 2) || !creation.initialHeapCount || !creation.stackCount) {
		fputs(gxUsage, stderr);
		return EXIT_USAGE;
	}
	return hostServe(&creation, lines);
}
