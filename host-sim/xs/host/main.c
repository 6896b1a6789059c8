/* mote-xs: runs one machine. Its memory comes as arguments, everything else as frames; see frames.c. */

#include "host.h"

int main(int argc, char* argv[]) {
	txCreation creation = { .parserBufferSize = 1024, .parserTableModulo = 17 };
	struct { const char* name; txSize *first, *second; } options[] = {
		{ "--chunk", &creation.initialChunkSize, &creation.incrementalChunkSize },
		{ "--slots", &creation.initialHeapCount, &creation.incrementalHeapCount },
		{ "--stack", &creation.stackCount, &creation.stackCount },
		{ "--keys", &creation.initialKeyCount, &creation.incrementalKeyCount },
		{ "--names", &creation.nameModulo, &creation.symbolModulo },
		{ "--static", &creation.staticSize, &creation.staticSize },
	};
	int walk = (argc > 1) && !c_strcmp(argv[argc - 1], "--walk");
	int lines = walk || ((argc > 1) && !c_strcmp(argv[argc - 1], "--lines"));
	size_t i = 0;
	argc -= lines;
	for (; (i < 6) && ((int)(2 * i + 2) < argc) && !c_strcmp(argv[2 * i + 1], options[i].name); i++) {
		char* end;
		*options[i].first = (txSize)strtol(argv[2 * i + 2], &end, 10);
		if (*end == ',') *options[i].second = (txSize)strtol(end + 1, &end, 10);
	}
	if ((i < 6) || (argc != 13)) {
		fputs("mote-xs is started by host-sim (host-sim/xs/machine.ts):\n\tmote-xs --chunk N,N --slots N,N --stack N --keys N,N --names N,N --static N [--lines | --walk]\n", stderr);
		return EXIT_USAGE;
	}
	/* What ends the whole group is for the parent, which ends the machine in order; one that has gone is seen at the next read or write. */
	for (i = 0; i < 3; i++) signal((int[]){ SIGINT, SIGTERM, SIGPIPE }[i], SIG_IGN);
	if (walk) hostWalkBegin();
	return hostServe(&creation, lines);
}
