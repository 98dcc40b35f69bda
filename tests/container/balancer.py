"""What kube-proxy does: new connections go to the endpoints of the moment, old ones stay where they are."""

import asyncio
import itertools
import threading


class Balancer:
    """Listens on a port of its own; `endpoints` are ports, and may be replaced at any time."""

    def __init__(self, endpoints):
        self.endpoints = endpoints
        self.turns = itertools.count()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=1024), self.loop
        ).result()
        self.port = self.server.sockets[0].getsockname()[1]

    async def serve(self, reader, writer):
        endpoints = self.endpoints
        port = endpoints[next(self.turns) % len(endpoints)]
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(self.pass_on(reader, far_writer), self.pass_on(far_reader, writer))

    @staticmethod
    async def pass_on(reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.close()

    def close(self):
        asyncio.run_coroutine_threadsafe(self.end(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def end(self):
        """What clients left open ends with it."""
        self.server.close()
        passing = asyncio.all_tasks() - {asyncio.current_task()}
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)
