// The fastest usual service of Node: fastify and ONNX Runtime, one process for each CPU. A row or
// rows in, as omen's /predict takes them, and the rows' labels out.
import cluster from 'node:cluster';
import { createRequire } from 'node:module';

const count = Number(process.env.BENCH_PROCESSES);
if (cluster.isPrimary) {
    for (let i = 0; i < count; i++) cluster.fork();
    process.on('SIGTERM', () => process.exit(0));
} else {
    const require = createRequire(process.env.BENCH_PACKAGES + '/');
    const ort = require('onnxruntime-node');
    const server = require('fastify')({ bodyLimit: 1 << 28 });
    const session = await ort.InferenceSession.create(process.env.BENCH_MODEL, {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        executionMode: 'sequential',
    });
    server.post('/predict', async (request) => {
        const input = request.body.input;
        const rows = Array.isArray(input[0]) ? input : [input];
        const cols = rows[0].length;
        const cells = new Float32Array(rows.length * cols);
        rows.forEach((row, i) => cells.set(row, i * cols));
        const tensor = new ort.Tensor('float32', cells, [rows.length, cols]);
        const { label } = await session.run({ x: tensor }, ['label']);
        const answers = Array.from(label.data, Number);
        return { prediction: rows === input ? answers : answers[0] };
    });
    await server.listen({ host: '127.0.0.1', port: Number(process.env.BENCH_PORT) });
}
